// Sets the chosen theme before the first paint; everything else waits for the modules.
(function () {
  try {
    const theme = localStorage.getItem("sekisho.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; then the system's theme stands.
  }
})();
