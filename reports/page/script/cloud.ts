/** TTFT against arrival, one dot a sampled request. Shape and colour are those of the system in all charts. */
export const CLOUD = String.raw`
  // ---- TTFT against arrival.
  const ticks = (low, high, count) => {
    const rough = (high - low) / count || 1;
    const power = Number('1e' + rough.toExponential().split('e')[1]);
    const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough) ?? rough;
    const list = [];
    for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) list.push(Number(v.toPrecision(12)));
    return list;
  };
  const logTicks = (low, high) => {
    const list = [];
    for (let e = -6; e < 12; e++) for (const m of high / low > 100 ? [1] : [1, 2, 5]) { const v = Number(m + 'e' + e); if (v >= low && v <= high) list.push(v); }
    return list.length > 1 ? list : [low, high];
  };
  const drawCloud = (points, [minX, maxX], [minY, maxY]) => {
    // As wide as its place, so that text keeps its size on a narrow screen.
    const width = Math.max(280, Math.min(640, document.getElementById('cloud').clientWidth || 560));
    const [left, right, top, bottom, height] = [62, 12, 10, 42, 320];
    const log = maxY / minY >= 20;
    const scaleY = (v) => (log ? Math.log(v) : v);
    const [lowY, highY] = [scaleY(log ? minY : 0), scaleY(maxY)];
    const px = (x) => left + ((x - minX) / (maxX - minX)) * (width - left - right);
    const py = (y) => height - bottom - ((scaleY(Math.max(y, log ? minY : 0)) - lowY) / (highY - lowY)) * (height - top - bottom);
    const unpx = (value) => minX + ((value - left) / (width - left - right)) * (maxX - minX);
    const unpy = (value) => {
      const scaled = lowY + ((height - bottom - value) / (height - top - bottom)) * (highY - lowY);
      return log ? Math.exp(scaled) : scaled;
    };
    const svg = draw('svg', { viewBox: '0 0 ' + width + ' ' + height, width: String(width), height: String(height), 'aria-hidden': 'true', focusable: 'false' });
    for (const v of log ? logTicks(minY, maxY) : ticks(0, maxY, 5)) {
      svg.append(draw('line', { x1: left, x2: width - right, y1: py(v), y2: py(v) }), draw('text', { x: left - 6, y: py(v) + 4, 'text-anchor': 'end' }, duration(v)));
    }
    for (const v of ticks(minX, maxX, 5)) svg.append(draw('text', { x: px(v), y: height - 24, 'text-anchor': 'middle' }, format(v)));
    svg.append(draw('text', { x: (left + width) / 2, y: height - 6, 'text-anchor': 'middle' }, 'Arrival (s of simulated time)'));
    const dots = points.map(({ run, x, y }) => {
      const dot = draw('path', { d: data.shapes[run.system], transform: 'translate(' + (px(x) - 4.2) + ' ' + (py(y) - 4.2) + ') scale(.6)', fill: 'var(--s' + run.colour + ')' });
      svg.append(dot);
      return dot;
    });
    const frame = draw('rect', { class: 'brush', x: 0, y: 0, width: 0, height: 0 });
    svg.append(frame);
    return { svg, dots, frame, px, py, unpx, unpy, width };
  };
`;
