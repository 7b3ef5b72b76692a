"use strict";
(() => {
  const dialog = document.getElementById("dialog");
  const body = document.getElementById("dialog-body");
  document.addEventListener("click", (event) => {
    const figure = event.target.closest("[data-evidence]");
    if (!figure || typeof dialog.showModal !== "function") return;
    const evidence = document.getElementById(figure.dataset.evidence);
    if (!evidence) return;
    event.preventDefault();
    const copy = evidence.cloneNode(true);
    copy.removeAttribute("id");
    copy.open = true;
    body.replaceChildren(copy);
    dialog.showModal();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  window.addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  });

  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const rows = [...document.querySelectorAll("main figure.table tbody tr, main li, main p.body, details.evidence, .tile, figure.chart")];
  const plain = (text) => text.toLowerCase().replace(/[\s,，]/g, "");
  const texts = rows.map((row) => plain(row.textContent));
  let waiting = 0;
  const filter = () => {
    const wanted = plain(search.value);
    let count = 0;
    rows.forEach((row, position) => {
      const hit = !wanted || texts[position].includes(wanted);
      row.hidden = !hit;
      count += hit ? 1 : 0;
    });
    document.querySelectorAll("main figure.table").forEach((table) => {
      table.hidden = Boolean(wanted) && !table.querySelector("tbody tr:not([hidden])");
    });
    document.querySelectorAll("main section").forEach((section) => {
      section.hidden = Boolean(wanted) && !rows.some((row) => !row.hidden && section.contains(row));
    });
    document.body.classList.toggle("searching", Boolean(wanted));
    found.textContent = wanted ? `找到 ${count} 处` : "";
  };
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
})();
