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

const send = async (box, files) => {
  const say = box.querySelector("[data-upload-say]");
  const list = box.querySelector("[data-upload-list]");
  const token = document.querySelector("input[name=_csrf_token]").value;
  say.dataset.tone = "";
  for (const file of files) {
    say.textContent = `Sending ${file.name} …`;
    const body = new FormData();
    body.append("file", file);
    let answer;
    try {
      const response = await fetch("/images/upload", { method: "POST", body, headers: { "x-csrf-token": token } });
      answer = await response.json();
    } catch {
      answer = { problem: "The server did not answer. Try again." };
    }
    if (answer.problem) {
      say.dataset.tone = "bad";
      say.textContent = `${file.name}: ${answer.problem}`;
      changed(box);
      return;
    }
    if (!("several" in box.dataset)) list.replaceChildren();
    list.append(drawOne(box, answer.id, file.name));
  }
  say.textContent = "";
  changed(box);
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
