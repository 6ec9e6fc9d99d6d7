/** Checks that run in the page: each is an expression that gives what is wrong. */

/** Controls, charts and tables without a name, and headers without scope. */
export const UNLABELLED = `(() => {
  const named = (e) => (e.getAttribute('aria-label') ?? '').trim() !== '' || (e.getAttribute('aria-labelledby') ?? '').split(' ').some((id) => document.getElementById(id)?.textContent.trim());
  const told = (e) => e.outerHTML.slice(0, 120);
  return [
    ...[...document.querySelectorAll('input,select')].filter((e) => !named(e) && ![...e.labels].some((l) => l.textContent.trim() !== '')),
    ...[...document.querySelectorAll('button,a,summary')].filter((e) => !named(e) && e.textContent.trim() === ''),
    ...[...document.querySelectorAll('.chart,.cloud')].filter((e) => e.getAttribute('role') !== 'img' || !named(e)),
    ...[...document.querySelectorAll('.chart')].filter((e) => !(document.getElementById(e.getAttribute('aria-describedby'))?.textContent.trim().length > 20)),
    ...[...document.querySelectorAll('table')].filter((e) => !e.caption?.textContent.trim()),
    ...[...document.querySelectorAll('th')].filter((e) => !['col', 'row'].includes(e.getAttribute('scope'))),
    ...[...document.querySelectorAll('[role=region],[role=group]')].filter((e) => !named(e)),
  ].map(told);
})()`;

/** Pairs of ink and ground that are in use, and those below 4.5 : 1 (WCAG 2.2, 1.4.3; relative luminance as it defines it). */
export const LOW_CONTRAST = `(() => {
  const parse = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return { rgb: n.slice(0, 3), alpha: n[3] ?? 1 }; };
  const luminance = (rgb) => { const [r, g, b] = rgb.map((v) => v / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (e) => { for (let at = e; at; at = at.parentElement) { const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor); if (alpha === 1) return rgb; if (alpha > 0) return undefined; } return [255, 255, 255]; };
  const pairs = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const e = node.parentElement;
    if (node.textContent.trim() === '' || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || ['SCRIPT', 'STYLE'].includes(e.tagName)) continue;
    const style = getComputedStyle(e);
    const ink = parse(e instanceof SVGElement ? style.fill : style.color);
    pairs.set(ink.rgb + ' on ' + ground(e), [ink, ground(e), node.textContent.trim().slice(0, 30)]);
  }
  const low = [];
  for (const [name, [ink, under, text]] of pairs) {
    if (ink.alpha !== 1 || under === undefined) { low.push(name + ': see-through, ' + text); continue; }
    const [high, lower] = [luminance(ink.rgb), luminance(under)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (lower + 0.05);
    if (ratio < 4.5) low.push(name + ': ' + ratio.toFixed(2) + ', ' + text);
  }
  return { pairs: pairs.size, low };
})()`;

/** Texts that leave the window or their box (what scrolls by itself may), and texts of a chart that lie on each other. */
export const CLIPPED = `(() => {
  const out = [];
  const scrolls = (e) => e.closest('.scroll,pre') !== null || e.closest('.hidden,.skip') !== null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const e = node.parentElement;
    if (node.textContent.trim() === '' || scrolls(e) || !e.checkVisibility() || ['SCRIPT', 'STYLE', 'OPTION'].includes(e.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const r of range.getClientRects()) if (r.right > innerWidth + 1 || r.left < -1) { out.push(e.tagName + ' leaves the window: ' + node.textContent.trim().slice(0, 40)); break; }
  }
  for (const e of document.querySelectorAll('body *:not(svg *)')) {
    if (scrolls(e) || !e.checkVisibility() || e.matches('select,input,.track,.bar,.skip')) continue;
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).display !== 'inline') out.push(e.tagName + '.' + e.className + ' overflows: ' + e.textContent.trim().slice(0, 40));
  }
  for (const svg of document.querySelectorAll('.chart svg, .cloud svg')) {
    const texts = [...svg.querySelectorAll('text')].filter((t) => t.textContent.trim() !== '' && t.checkVisibility({ opacityProperty: true })).map((t) => [t, t.getBoundingClientRect()]);
    texts.forEach(([a, r], i) => {
      for (const [b, s] of texts.slice(0, i)) {
        const [w, h] = [Math.min(r.right, s.right) - Math.max(r.left, s.left), Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top)];
        // Boxes of a font are higher than its letters: neighbours may share a quarter of a line.
        if (w > 1 && h > 0.3 * Math.min(r.height, s.height)) out.push('"' + a.textContent + '" on "' + b.textContent + '"');
      }
    });
  }
  return out;
})()`;
