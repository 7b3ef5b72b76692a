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
  // Rows joined by a merged cell are shown or hidden together: without its first row a table loses the merged cell.
  const groups = new Map();
  document.querySelectorAll("main figure.table tbody").forEach((body) => {
    let group = [];
    let last = -1;
    [...body.rows].forEach((row, position) => {
      if (position > last) group = [];
      group.push(row);
      groups.set(row, group);
      [...row.cells].forEach((cell) => { last = Math.max(last, position + cell.rowSpan - 1); });
    });
  });
  let waiting = 0;
  const filter = () => {
    const wanted = plain(search.value);
    const hits = rows.filter((row, position) => !wanted || texts[position].includes(wanted));
    const shown = new Set(hits.flatMap((row) => groups.get(row) || [row]));
    rows.forEach((row) => { row.hidden = !shown.has(row); row.classList.toggle("hit", Boolean(wanted) && hits.includes(row)); });
    document.querySelectorAll("main figure.table").forEach((table) => {
      table.hidden = Boolean(wanted) && !table.querySelector("tbody tr:not([hidden])");
    });
    document.querySelectorAll("main section").forEach((section) => {
      section.hidden = Boolean(wanted) && !rows.some((row) => !row.hidden && section.contains(row));
    });
    document.body.classList.toggle("searching", Boolean(wanted));
    found.textContent = wanted ? `找到 ${hits.length} 处` : "";
  };
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
})();
