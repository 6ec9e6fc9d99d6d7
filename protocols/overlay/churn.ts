/** How long nodes stay: laws of session and absence times, and traces of sessions. */
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { NodeIndex } from './overlay.ts';

/** A law of durations, by its mean. */
export type LifetimeLaw =
  | { readonly law: 'exponential'; readonly meanNs: Nanoseconds }
  /** P(X > x) = (scale / x)^shape; the mean exists for shape > 1. Measured sessions: shape about 1.06 … 2. */
  | { readonly law: 'pareto'; readonly meanNs: Nanoseconds; readonly shape: number }
  /** P(X > x) = exp(−(x / scale)^shape); shape below 1 means that old nodes tend to stay. */
  | { readonly law: 'weibull'; readonly meanNs: Nanoseconds; readonly shape: number };

/** One draw, in whole nanoseconds, at least 1. */
export function drawLifetime(law: LifetimeLaw, random: RandomStream): Nanoseconds {
  return Math.max(1, Math.round(draw(law, random)));
}

function draw(law: LifetimeLaw, random: RandomStream): number {
  if (!(law.meanNs > 0 && law.meanNs < Infinity)) throw new RangeError(`meanNs: ${law.meanNs} given, expected a finite number above 0`);
  switch (law.law) {
    case 'exponential':
      return random.exponential(law.meanNs);
    case 'pareto':
      if (!(law.shape > 1)) throw new RangeError(`shape: ${law.shape} given, expected above 1: a Pareto law has no mean otherwise`);
      // Mean = scale · shape / (shape − 1).
      return random.pareto(law.shape, (law.meanNs * (law.shape - 1)) / law.shape);
    case 'weibull':
      if (!(law.shape > 0)) throw new RangeError(`shape: ${law.shape} given, expected above 0`);
      // Mean = scale · Γ(1 + 1/shape).
      return random.weibull(law.shape, law.meanNs / gamma(1 + 1 / law.shape));
  }
}

/** Γ(x) for x > 0 by Lanczos' approximation (g = 7, 9 terms; Numerical Recipes, section 6.1), to about 1e-14. */
export function gamma(x: number): number {
  if (x < 0.5) return gamma(x + 1) / x;
  const z = x - 1;
  let sum = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i] / (z + i);
  const t = z + 7.5;
  return Math.sqrt(2 * Math.PI) * Math.exp((z + 0.5) * Math.log(t) - t) * sum;
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
  9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** From `joinNs` on a node is in the overlay; at `endNs` it leaves, or crashes. */
export interface Session {
  readonly node: NodeIndex;
  readonly joinNs: Nanoseconds;
  readonly endNs: Nanoseconds;
  readonly crash: boolean;
}

/**
 * Reads a trace of sessions: lines `node,join seconds,end seconds[,leave|crash]`, a header line, empty lines and `#` comments allowed.
 * Sessions come back in the order of their joins.
 *
 * @throws RangeError naming the line that cannot be read
 */
export function parseSessions(text: string): Session[] {
  const sessions: Session[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const cells = line.split(',').map((cell) => cell.trim());
    if (sessions.length === 0 && cells[0] === 'node') return;
    const fault = (problem: string): RangeError => new RangeError(`line ${index + 1}: ${problem}; expected node,join seconds,end seconds[,leave|crash], got "${line}"`);
    if (cells.length !== 3 && cells.length !== 4) throw fault(`${cells.length} columns`);
    const [node, join, end] = cells.slice(0, 3).map((cell) => (cell === '' ? NaN : Number(cell)));
    if (!Number.isInteger(node) || node < 0) throw fault('node is not a whole number');
    if (!(join >= 0 && end > join && end < Infinity)) throw fault('the session does not end after it begins');
    const kind = cells[3] ?? 'leave';
    if (kind !== 'leave' && kind !== 'crash') throw fault(`"${kind}" is neither leave nor crash`);
    sessions.push({ node, joinNs: Math.round(join * 1e9), endNs: Math.round(end * 1e9), crash: kind === 'crash' });
  });
  return sessions.sort((a, b) => a.joinNs - b.joinNs || a.node - b.node);
}

/** Alternating sessions and absences of each node until `untilNs`; a share of sessions ends in a crash. Sorted by join. */
export function drawSessions(
  nodes: number,
  session: LifetimeLaw,
  absence: LifetimeLaw,
  crashShare: number,
  untilNs: Nanoseconds,
  random: RandomStream,
): Session[] {
  const sessions: Session[] = [];
  for (let node = 0; node < nodes; node++) {
    // Nodes start within one absence of time 0, so that the overlay does not begin in lockstep.
    let now = Math.floor(random.next() * drawLifetime(absence, random));
    while (now < untilNs) {
      const endNs = now + drawLifetime(session, random);
      sessions.push({ node, joinNs: now, endNs, crash: random.bernoulli(crashShare) });
      now = endNs + drawLifetime(absence, random);
    }
  }
  return sessions.sort((a, b) => a.joinNs - b.joinNs || a.node - b.node);
}
