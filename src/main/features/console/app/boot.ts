// A script, not a module: it runs before anything is painted, so that no page flashes in the other theme.
{
  const stored = localStorage.getItem("chinook.theme");
  if (stored === "light" || stored === "dark") document.documentElement.dataset.theme = stored;
}
