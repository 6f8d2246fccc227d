  // Part of the gallery's script: the viewer of one row.

  /** Opens a dialog. It has the focus itself, so that the arrow keys and the space bar are free. */
  function show(dialog) {
    if (dialog.open) return;
    dialog.showModal();
    dialog.focus();
  }

  // The viewer

  const viewer = byId("viewer");
  let current;

  function view(row, autoplay) {
    current = row;
    byId("viewer-title").textContent = row.key;
    const index = shown.indexOf(row);
    byId("viewer-place").textContent = `${(index + 1).toLocaleString("en")} of ${shown.length.toLocaleString("en")}`;
    viewer.querySelector(".previous").disabled = index <= 0;
    viewer.querySelector(".next").disabled = index >= shown.length - 1;
    fill(byId("stage"), row, autoplay);
    const text = row.card.querySelector(".text").cloneNode(true);
    text.querySelector("h2").remove();
    const details = row.card.querySelector(".details").cloneNode(true);
    for (const command of details.querySelectorAll(".command")) command.append(copyButton(command));
    byId("info").replaceChildren(text, ...details.children);
    byId("info").scrollTop = 0;
    show(viewer);
  }

  function copyButton(command) {
    const button = make("button", "quiet copy");
    button.type = "button";
    button.append(make("span", "label", "Copy"));
    button.append(make("span", "hidden", ` the command: ${textOf(command, "h3")}`));
    return button;
  }

  function step(offset) {
    const row = shown[shown.indexOf(current) + offset];
    if (row) view(row, true);
  }

  viewer.addEventListener("close", () => {
    empty(byId("stage"));
    byId("info").replaceChildren();
    const card = current?.card;
    while (card && !card.isConnected && limit < shown.length) grow();
    (card?.querySelector(".play") ?? card?.querySelector(".more"))?.focus();
  });
