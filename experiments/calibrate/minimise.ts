/** Deterministic minimisation of a function of a few positive parameters, without derivatives. */

export interface Parameter {
  readonly name: string;
  readonly start: number;
  readonly least: number;
  readonly most: number;
}

/** Times the step is halved: the last step is 0.1 % of a parameter. */
const HALVINGS = 10;

/**
 * Pattern search in the logarithms of the parameters (Hooke & Jeeves 1961): tries a step up and down in each parameter,
 * keeps what improves, repeats a successful move as a whole, halves the step where nothing improves.
 *
 * @returns the parameters of the least value found, by name.
 * @throws RangeError where the bounds do not enclose the start, or are not positive.
 */
export function minimise(parameters: readonly Parameter[], cost: (values: Readonly<Record<string, number>>) => number): Record<string, number> {
  for (const { name, start, least, most } of parameters) {
    if (!(least > 0 && least <= start && start <= most)) throw new RangeError(`bounds of ${name}: ${least} ≤ ${start} ≤ ${most} must hold, all positive`);
  }
  const value = (point: readonly number[]): number => cost(named(parameters, point));
  let best = parameters.map((parameter) => Math.log(parameter.start));
  let bestCost = value(best);
  let step = 0.7;
  for (let halving = 0; halving < HALVINGS; ) {
    const moved = explore(parameters, best, bestCost, step, value);
    if (moved.cost >= bestCost) {
      step /= 2;
      halving += 1;
      continue;
    }
    // Repeat the move while it pays.
    let direction = moved.point.map((coordinate, index) => coordinate - best[index]);
    best = moved.point;
    bestCost = moved.cost;
    for (;;) {
      const further = best.map((coordinate, index) => clamp(parameters[index], coordinate + direction[index]));
      const furtherCost = value(further);
      if (furtherCost >= bestCost) break;
      direction = further.map((coordinate, index) => coordinate - best[index]);
      best = further;
      bestCost = furtherCost;
    }
  }
  return named(parameters, best);
}

function explore(
  parameters: readonly Parameter[],
  from: readonly number[],
  fromCost: number,
  step: number,
  value: (point: readonly number[]) => number,
): { point: number[]; cost: number } {
  const point = [...from];
  let cost = fromCost;
  for (let index = 0; index < parameters.length; index += 1) {
    for (const change of [step, -step]) {
      const before = point[index];
      point[index] = clamp(parameters[index], before + change);
      const tried = value(point);
      if (tried < cost) {
        cost = tried;
        break;
      }
      point[index] = before;
    }
  }
  return { point, cost };
}

function clamp(parameter: Parameter, logarithm: number): number {
  return Math.min(Math.log(parameter.most), Math.max(Math.log(parameter.least), logarithm));
}

function named(parameters: readonly Parameter[], point: readonly number[]): Record<string, number> {
  return Object.fromEntries(parameters.map((parameter, index) => [parameter.name, Math.exp(point[index])]));
}
