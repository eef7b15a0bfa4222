"use strict";
// Only filters, searches, copies and unfolds; everything can be read without it, and nothing is remembered.
(() => {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const form = document.querySelector("form.filter");
  if (form) {
    const items = all(".item").map((element) => ({ element, text: element.textContent.toLowerCase() }));
    const search = form.querySelector("input[type=search]");
    const output = form.querySelector("output");
    const apply = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const off = new Set(all("input[type=checkbox]", form).filter((box) => !box.checked).map((box) => box.value));
      let shown = 0;
      for (const { element, text } of items) {
        const hit = words.every((word) => text.includes(word)) && !off.has(element.dataset.severity);
        element.toggleAttribute("data-off", !hit);
        shown += hit;
        const fold = words.length && hit && element.closest("details");
        if (fold) fold.open = true;
      }
      output.textContent = words.length || off.size ? `${shown} of ${items.length} entries shown` : "";
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  const copy = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(code);
      return document.execCommand("copy");
    }
  };
  for (const figure of all("figure.command")) {
    if (figure.querySelector(".warn")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy the command for ${figure.querySelector("figcaption").textContent}`);
    button.addEventListener("click", async () => {
      button.textContent = (await copy(figure.querySelector("code"))) ? "Copied" : "Press Ctrl+C";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    figure.append(button);
  }

  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();
  let folded = [];
  addEventListener("beforeprint", () => { folded = all("details:not([open])"); folded.forEach((fold) => { fold.open = true; }); });
  addEventListener("afterprint", () => folded.forEach((fold) => { fold.open = false; }));
})();
