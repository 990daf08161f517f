// Dropping a certificate on the form is choosing it and pressing the button.
(() => {
  const form = document.querySelector(".drop");
  if (!form || !window.DataTransfer) return;
  form.querySelector(".dropword").hidden = false;
  const over = (event) => {
    event.preventDefault();
    form.classList.toggle("over", event.type === "dragover");
  };
  form.addEventListener("dragover", over);
  form.addEventListener("dragleave", over);
  form.addEventListener("drop", (event) => {
    over(event);
    const [file] = event.dataTransfer.files;
    if (!file) return;
    const only = new DataTransfer();
    only.items.add(file);
    form.elements.file.files = only.files;
    form.requestSubmit();
  });
})();
