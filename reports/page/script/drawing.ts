/** Elements and numbers as text, for every other part of the script. */
export const DRAWING = String.raw`
  const data = JSON.parse(document.getElementById('data').textContent);
  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const SVG = 'http://www.w3.org/2000/svg';
  const draw = (tag, attributes, text) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const format = (value) => {
    if (value === 0) return '0';
    const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
    return value.toLocaleString('en-US', { maximumFractionDigits: digits });
  };
  const duration = (ms) => (ms >= 1000 ? format(ms / 1000) + ' s' : format(ms) + ' ms');
`;
