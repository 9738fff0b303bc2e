"""Numbers and durations as people read them, and round ticks for axes."""

import math

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NARROW_SPACE = "\u202f"
_TIMES = "\u00a0\u00d7\u00a0"

LEVELS = 255
"""What an error of 1 is called where people think in eight bits."""


def number(value: float, digits: int = 4) -> str:
    """A number with so many significant digits: 12 345, 0.0125, two times 10⁻⁵."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        power = f"10{str(int(exponent)).translate(_RAISED)}"
        factor = f"{float(mantissa):g}"
        return power if factor == "1" else f"{factor}{_TIMES}{power}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{places}f}".replace(",", _NARROW_SPACE)
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration(seconds: float) -> str:
    """Seconds as 4.2 s, 2 min 31 s or 1 h 04 min."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def size(count_of: int) -> str:
    """Bytes as people read them."""
    value = float(count_of)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def levels(psnr: float) -> float:
    """The root-mean-square error, in levels of 255, that decibels say."""
    return float(LEVELS * 10 ** (-psnr / 20))


def count(number_of: int, one: str, many: str) -> str:
    """1 face, 12 000 faces."""
    return f"{number_of:,} {one if number_of == 1 else many}".replace(",", _NARROW_SPACE)


def round_ticks(low: float, high: float, wanted: int = 5) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten that lie within low to high, about `wanted`."""
    if not low < high:
        return (low,)
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.99)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(i * step, 12 - math.floor(math.log10(step))) for i in range(first, last + 1))


def decade_ticks(low: float, high: float) -> tuple[float, ...]:
    """Powers of ten within low to high; their doubles and fives too where there are few."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    within: tuple[float, ...] = ()
    for factors in ((1,), (1, 2, 5)):
        ticks = [float(f"{m}e{e}") for e in exponents for m in factors]
        within = tuple(tick for tick in ticks if low * 0.999 <= tick <= high * 1.001)
        if len(within) >= 3:
            break
    thin = max(1, len(within) // 6)
    return within[::thin]
