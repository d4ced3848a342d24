// A button beside each snippet that copies it, and says so to those who cannot see it.

const SHOWN_MS = 2000;
const told = document.getElementById("copied");

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // plain http elsewhere than on this machine, or a browser that asks and was told no
  }
}

function selected(code) {
  const range = document.createRange();
  range.selectNodeContents(code);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  const code = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    const done = await copied(code.textContent);
    if (!done) selected(code);
    told.textContent = done ? "Copied." : "Selected: copy it with Ctrl and C.";
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => {
      button.textContent = "Copy";
      told.textContent = "";
    }, SHOWN_MS);
  });
}
