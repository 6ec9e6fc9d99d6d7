/** What a brush selects: all measured requests, from the counts per arrival window and TTFT bin that the page holds. */
export const SELECTION = String.raw`
  // ---- Counts of all measured requests in a rectangle of arrival windows and TTFT bins.
  const binEdges = ({ fromMs, ratio, bins }) => {
    const edges = [fromMs];
    while (edges.length <= bins) edges.push(edges[edges.length - 1] * ratio);
    return edges;
  };
  const summarise = (run, grid, edges, brush) => {
    const perBin = new Array(grid.bins).fill(0);
    let place = 0;
    let count = 0;
    for (let k = 0; k < run.counts.length; k += 2) {
      place += run.counts[k];
      const [w, b] = [Math.floor(place / grid.bins), place % grid.bins];
      if (w >= brush.x[0] && w < brush.x[1] && b >= brush.y[0] && b < brush.y[1]) { perBin[b] += run.counts[k + 1]; count += run.counts[k + 1]; }
      place += 1;
    }
    // Never beyond the fastest and the slowest request of the run, which the sample holds.
    const [least, most] = [run.ttftMs[0], run.ttftMs[run.ttftMs.length - 1]];
    const middle = (b) => Math.max(least, Math.min(most, Math.sqrt(edges[b] * edges[b + 1])));
    const percentile = (percent) => {
      let left = Math.max(1, Math.ceil((percent / 100) * count));
      return middle(perBin.findIndex((n) => { left -= n; return left <= 0; }));
    };
    if (count === 0) return { count };
    const whole = brush.y[0] === 0 && brush.y[1] === grid.bins;
    const sum = whole ? run.sumMs.slice(brush.x[0], brush.x[1]).reduce((a, b) => a + b, 0) : perBin.reduce((total, n, b) => total + n * middle(b), 0);
    return { count, mean: sum / count, p50: percentile(50), p99: percentile(99) };
  };
`;
