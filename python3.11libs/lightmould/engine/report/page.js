"use strict";
// Without this script, and on paper, every view shows its pictures side by side.
const viewer = document.getElementById("viewer");
const cards = [...document.querySelectorAll(".card")];

if (viewer) {
  const stage = viewer.querySelector(".stage");
  const pictures = viewer.querySelector(".layers");
  const wipe = viewer.querySelector("input[type=range]");
  const modes = [...viewer.querySelectorAll("input[type=radio]")];
  let current = 0;

  const slide = () => {
    stage.style.setProperty("--wipe", wipe.value + "%");
    wipe.setAttribute("aria-valuetext", Math.round(wipe.value) + " percent rendering");
  };
  const change = (mode) => { stage.dataset.mode = mode; };
  const show = (index) => {
    current = (index + cards.length) % cards.length;
    const card = cards[current];
    pictures.replaceChildren(...[...card.querySelectorAll("img")].map((img) => img.cloneNode()));
    viewer.querySelector(".about").replaceChildren(card.querySelector("figcaption").cloneNode(true));
    const first = pictures.querySelector("img");
    const shape = () => stage.style.setProperty("--aspect", first.naturalWidth / first.naturalHeight);
    if (first.complete && first.naturalWidth) shape(); else first.addEventListener("load", shape);
    const hasError = Boolean(pictures.querySelector(".error"));
    const errorMode = modes.find((mode) => mode.value === "error");
    errorMode.disabled = !hasError;
    if (!hasError && errorMode.checked) { modes[0].checked = true; change(modes[0].value); }
    cards.forEach((one, i) => one.querySelector(".pick").setAttribute("aria-pressed", String(i === current)));
  };
  const pick = (index) => { show(index); viewer.scrollIntoView({ block: "nearest" }); };

  cards.forEach((card, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "pick";
    button.setAttribute("aria-label", "Show " + card.querySelector(".name").textContent);
    button.addEventListener("click", () => pick(index));
    card.append(button);
  });
  document.querySelectorAll('a[href^="#view-"]').forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      pick(Number(link.getAttribute("href").slice(6)) - 1);
    });
  });
  wipe.addEventListener("input", slide);
  modes.forEach((mode) => mode.addEventListener("change", () => change(mode.value)));
  viewer.querySelector(".previous").addEventListener("click", () => show(current - 1));
  viewer.querySelector(".next").addEventListener("click", () => show(current + 1));
  document.documentElement.classList.add("live");
  slide();
  show(0);
}
