// Runs before the first paint: the colour scheme that was chosen here, or the system's.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let chosen = null;
    try {
      chosen = localStorage.getItem("pochoir-theme");
    } catch {
      chosen = null;
    }
    const dark = chosen ? chosen === "dark" : system.matches;
    root.classList.toggle("dark", dark);
    root.classList.toggle("light", !dark);
  };
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    const next = root.classList.contains("dark") ? "light" : "dark";
    try {
      localStorage.setItem("pochoir-theme", next);
    } catch {
      // A browser that keeps nothing still switches until the next page.
    }
    root.classList.toggle("dark", next === "dark");
    root.classList.toggle("light", next === "light");
  });
})();
