// Loaded before the style sheet, so that the chosen theme is there at the first paint. The choice is no secret.
(() => {
  let theme = null;
  try { theme = localStorage.getItem('tollgate.theme'); } catch { /* Storage may be refused. */ }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();

// A file that does not arrive takes the whole page with it: say so.
addEventListener('error', (event) => {
  if (event.target instanceof HTMLScriptElement) document.getElementById('main').textContent = 'A part of the console could not be loaded. Reload the page.';
}, true);
