/** A least-squares line of y against log₂ x. */
export interface LogarithmicFit {
  /** What y grows by when x doubles. */
  readonly perDoubling: number;
  /** The line at x = 1. */
  readonly atOne: number;
  /** Share of the variance of y that the line explains; 1 where y is constant. */
  readonly rSquared: number;
  /** Largest distance of a point from the line. */
  readonly largestResidual: number;
}

/** Undefined for fewer than three different x. Every x must be above 0. */
export function fitLogarithm(points: readonly { readonly x: number; readonly y: number }[]): LogarithmicFit | undefined {
  if (new Set(points.map(({ x }) => x)).size < 3) return undefined;
  const xs = points.map(({ x }) => Math.log2(x));
  const ys = points.map(({ y }) => y);
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const sxx = xs.reduce((sum, x) => sum + (x - mx) * (x - mx), 0);
  const sxy = xs.reduce((sum, x, i) => sum + (x - mx) * (ys[i] - my), 0);
  const syy = ys.reduce((sum, y) => sum + (y - my) * (y - my), 0);
  const perDoubling = sxy / sxx;
  const atOne = my - perDoubling * mx;
  const residuals = xs.map((x, i) => ys[i] - atOne - perDoubling * x);
  const unexplained = residuals.reduce((sum, r) => sum + r * r, 0);
  return { perDoubling, atOne, rSquared: syy === 0 ? 1 : 1 - unexplained / syy, largestResidual: Math.max(...residuals.map(Math.abs)) };
}
