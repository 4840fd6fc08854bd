// Small behaviours that hang on data attributes. The pages work without any of them.

// An example fills a field: <button data-fill="#text" data-text="…">
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-fill]");
  if (!button) return;
  const field = document.querySelector(button.dataset.fill);
  if (!field) return;
  field.value = button.dataset.text;
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// Copy: <button data-copy="text">
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const label = button.querySelector("[data-copy-label]") ?? button;
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = "Copied";
  } catch {
    label.textContent = "Select and copy it";
  }
  setTimeout(() => {
    label.textContent = before;
  }, 2000);
});

// A form that changes something cannot be sent twice; its button may say that it takes a while: <button data-busy-text>.
// One that answers with a file leaves the page as it is, and may: <form data-again>
let sent = new WeakSet();
document.addEventListener("submit", (event) => {
  const form = event.target;
  // Attributes, not properties: a field of the form may be called "method" or "dataset".
  if (form.getAttribute("method") !== "post" || form.hasAttribute("data-again")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  const button = event.submitter;
  if (button?.dataset.busyText) {
    button.dataset.before = button.innerHTML;
    button.textContent = button.dataset.busyText;
    button.dataset.busy = "yes";
  }
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  sent = new WeakSet();
  for (const button of document.querySelectorAll("button[data-busy]")) {
    button.innerHTML = button.dataset.before;
    delete button.dataset.busy;
  }
});

// A part that follows what goes on shows a notice while it cannot: <div hx-get data-follows="#notice">
document.addEventListener("htmx:finally:request", (event) => {
  const notice = document.querySelector(event.target.dataset?.follows);
  if (notice) notice.hidden = (event.detail.ctx.response?.status ?? 500) < 500;
});

// Who logged in again in another tab goes on here: the forms take the new session's token: <div data-fresh-token="…">
document.addEventListener("htmx:after:swap", () => {
  const fresh = document.querySelector("[data-fresh-token]");
  if (!fresh) return;
  for (const field of document.querySelectorAll("input[name=_csrf_token]")) {
    field.value = fresh.dataset.freshToken;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  delete fresh.dataset.freshToken;
});

// Rows that can be added and taken away: <div data-rows>, <template data-row>, <button data-add-row>, <button data-drop-row>
document.addEventListener("click", (event) => {
  const add = event.target.closest?.("[data-add-row]");
  if (add) {
    const rows = document.querySelector(add.dataset.addRow);
    const shape = rows.parentElement.querySelector("template[data-row]");
    const number = Math.max(-1, ...[...rows.children].map((row) => Number(row.dataset.index))) + 1;
    const holder = document.createElement("div");
    holder.innerHTML = shape.innerHTML.replaceAll("__N__", String(number));
    const row = holder.firstElementChild;
    rows.append(row);
    row.querySelector("input:not([type=hidden])")?.focus();
  }
  const drop = event.target.closest?.("[data-drop-row]");
  if (drop) {
    const row = drop.closest("[data-index]");
    const rows = row.parentElement;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (next?.querySelector("[data-drop-row]") ?? document.querySelector(`[data-add-row="#${rows.id}"]`))?.focus();
    rows.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

// A field shows only what its type needs: <select data-shows> inside [data-index] with [data-for="choice"] parts
const showFor = (select) => {
  const row = select.closest("[data-index]");
  for (const part of row?.querySelectorAll("[data-for]") ?? []) {
    part.hidden = !part.dataset.for.split(" ").includes(select.value);
  }
};
document.addEventListener("change", (event) => {
  if (event.target.matches?.("select[data-shows]")) showFor(event.target);
});

// A button puts a text where the cursor is, or at the end: <button data-insert="#prompt" data-text="…">
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("textarea")) event.target.dataset.touched = "yes";
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  const field = button && document.querySelector(button.dataset.insert);
  if (!field) return;
  const end = field.value.length;
  const [from, to] = field.dataset.touched ? [field.selectionStart, field.selectionEnd] : [end, end];
  const gap = from && !/\s$/.test(field.value.slice(0, from)) ? " " : "";
  field.setRangeText(gap + button.dataset.text, from, to, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// A field narrows a list: <input data-filter=".model-list li">
document.addEventListener("input", (event) => {
  const wanted = event.target.dataset?.filter;
  if (!wanted) return;
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const item of document.querySelectorAll(wanted)) {
    item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
  }
});
