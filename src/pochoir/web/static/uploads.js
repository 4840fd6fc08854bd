// Images are sent as soon as they are chosen, so that what is wrong with one is said at once and the form stays small.
// <div data-upload data-name="photo" data-several> holds <input type="file">, <div data-upload-list>, <p data-upload-say>.
const drawOne = (box, id, name) => {
  const item = document.createElement("span");
  item.className = "upload-item";
  const hidden = document.createElement("input");
  hidden.type = "hidden";
  hidden.name = box.dataset.name;
  hidden.value = id;
  const image = document.createElement("img");
  image.src = `/images/${id}/thumb?edge=256`;
  image.alt = name;
  image.width = 96;
  image.height = 96;
  const drop = document.createElement("button");
  drop.type = "button";
  drop.dataset.uploadDrop = "";
  drop.setAttribute("aria-label", `Take ${name} out`);
  drop.textContent = "×";
  item.append(hidden, image, drop);
  return item;
};

const changed = (box) => box.dispatchEvent(new Event("change", { bubbles: true }));

const NO_ANSWER = "The server did not answer. Try again.";
const TOO_LARGE = "It is larger than the server takes. Send a smaller one.";
const OUT_OF_DATE = "This page is out of date. Reload it and choose the image again.";

// What came of one file: { id }, or { problem } in a sentence.
const sendOne = async (file) => {
  const body = new FormData();
  body.append("file", file);
  const token = document.querySelector("input[name=_csrf_token]").value;
  const headers = { "x-csrf-token": token, accept: "application/json" };
  const response = await fetch("/images/upload", { method: "POST", body, headers }).catch(() => null);
  if (!response) return { problem: NO_ANSWER };
  return response.json().catch(() => {
    if (response.status === 413) return { problem: TOO_LARGE };
    return { problem: response.status < 500 ? OUT_OF_DATE : NO_ANSWER };
  });
};

const sendAll = async (box, files) => {
  const say = box.querySelector("[data-upload-say]");
  const list = box.querySelector("[data-upload-list]");
  const problems = [];
  say.dataset.tone = "";
  for (const file of files) {
    say.textContent = `Sending ${file.name} …`;
    const answer = await sendOne(file);
    if (answer.problem) {
      problems.push(`${file.name}: ${answer.problem}`);
    } else {
      if (!("several" in box.dataset)) list.replaceChildren();
      list.append(drawOne(box, answer.id, file.name));
    }
    arrived(box.closest("form"), !answer.problem);
  }
  say.dataset.tone = problems.length ? "bad" : "";
  say.textContent = problems.join("\n");
  changed(box);
};

// A form that is sent while images are on their way waits for them, and stays when one of them did not arrive.
const open = new WeakMap();
const held = new WeakMap();

const sayWait = (form) => {
  const button = held.get(form)?.button;
  const count = open.get(form);
  if (button) button.textContent = `Waits for ${count} ${count === 1 ? "image" : "images"}`;
};

const arrived = (form, well) => {
  open.set(form, open.get(form) - 1);
  const waiting = held.get(form);
  if (!waiting) return;
  waiting.well &&= well;
  if (open.get(form)) {
    sayWait(form);
    return;
  }
  held.delete(form);
  if (waiting.button) waiting.button.innerHTML = waiting.before;
  if (waiting.well) form.requestSubmit(waiting.button);
};

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!open.get(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (held.has(form)) return;
    held.set(form, { button: event.submitter, before: event.submitter?.innerHTML, well: true });
    sayWait(form);
  },
  true,
);

// One choice after the other, so that the images stand in the order in which they were chosen.
const queues = new WeakMap();
const send = (box, files) => {
  const form = box.closest("form");
  open.set(form, (open.get(form) ?? 0) + files.length);
  sayWait(form);
  queues.set(box, Promise.resolve(queues.get(box)).then(() => sendAll(box, files)));
};

for (const input of document.querySelectorAll("[data-upload] input[type=file]")) input.removeAttribute("name");

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches?.("[data-upload] input[type=file]") || !input.files.length) return;
  const files = [...input.files];
  input.value = "";
  send(input.closest("[data-upload]"), files);
});
document.addEventListener("click", (event) => {
  const drop = event.target.closest?.("[data-upload-drop]");
  if (!drop) return;
  const box = drop.closest("[data-upload]");
  drop.closest(".upload-item").remove();
  box.querySelector("input[type=file]").focus();
  changed(box);
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const box = event.target.closest?.("[data-upload]");
    if (!box) return;
    event.preventDefault();
    box.toggleAttribute("data-over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer?.files.length) send(box, [...event.dataTransfer.files]);
  });
}
