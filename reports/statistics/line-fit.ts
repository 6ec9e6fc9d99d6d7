/** A least-squares line of y against x. */
export interface LineFit {
  readonly slope: number;
  readonly intercept: number;
  /** Share of the variance of y that the line explains; 1 where y is constant. */
  readonly rSquared: number;
}

/** Undefined for fewer than three different x. */
export function fitLine(points: readonly { readonly x: number; readonly y: number }[]): LineFit | undefined {
  if (new Set(points.map(({ x }) => x)).size < 3) return undefined;
  let [mx, my] = [0, 0];
  for (const { x, y } of points) {
    mx += x / points.length;
    my += y / points.length;
  }
  let [sxx, sxy, syy] = [0, 0, 0];
  for (const { x, y } of points) {
    sxx += (x - mx) * (x - mx);
    sxy += (x - mx) * (y - my);
    syy += (y - my) * (y - my);
  }
  const slope = sxy / sxx;
  return { slope, intercept: my - slope * mx, rSquared: syy === 0 ? 1 : (sxy * sxy) / (sxx * syy) };
}
