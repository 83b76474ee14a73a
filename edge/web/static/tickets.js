// A photo from a phone: made small here, sent as it is where that cannot be done. The box takes out where it was made.

const LONGEST = 1600, SEND_MS = 60000;

for (const input of document.querySelectorAll("input[data-photo]")) {
  input.addEventListener("change", async () => {
    const file = input.files[0];
    if (!file) return;
    const words = input.parentElement.firstChild, before = words.textContent;
    words.textContent = input.dataset.sending;
    try {
      const body = await small(file);
      const answer = await fetch(input.dataset.photo, { method: "POST", body, headers: { "Content-Type": body.type }, signal: AbortSignal.timeout(SEND_MS) });
      if (answer.ok) { location.reload(); return; }
      const problem = await answer.json();
      alertIn(input, problem.detail);
    } catch {
      alertIn(input, input.dataset.failed);
    }
    words.textContent = before;
    input.value = "";
  });
}

async function small(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed()), "image/jpeg", 0.85));
  } catch {
    return file;
  }
}

function alertIn(input, text) {
  let place = input.closest("section").querySelector(".photo-said");
  if (!place) {
    place = document.createElement("p");
    place.className = "missing photo-said";
    place.setAttribute("role", "alert");
    input.closest("section").append(place);
  }
  place.textContent = text;
}
