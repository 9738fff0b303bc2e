"""metrics.json keeps its keys."""

import json
from dataclasses import replace

from lightmould.engine.measure.metrics import Metrics
from lightmould.formats import codec

METRICS = Metrics(31.5, 33.25, 0.97, 0.991, None, 151.2, 24, 8, 12_000, "cpu", {"numpy": "1.26"})


def test_metrics_json_has_the_promised_keys() -> None:
    assert list(json.loads(codec.write(METRICS))) == [
        "psnr",
        "psnr_full",
        "ssim",
        "iou",
        "chamfer_rel",
        "seconds",
        "views_train",
        "views_test",
        "faces",
        "device",
        "versions",
        "albedo_error",
        "albedo_error_scaled",
        "roughness_error",
        "metallic_error",
    ]


def test_metrics_survive_being_written_and_read() -> None:
    for metrics in (METRICS, replace(METRICS, chamfer_rel=0.001, albedo_error=0.02)):
        assert codec.read(Metrics, codec.write(metrics), "metrics.json") == metrics
