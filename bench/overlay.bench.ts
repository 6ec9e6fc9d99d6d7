/**
 * How fast overlays run: a million nodes, ten thousand joining, steady lookups, and what a lookup costs as the overlay grows.
 *
 * Each part of a protocol runs in a process of its own, whose peak memory is then its own too.
 */
import { spawnSync } from 'node:child_process';
import { OverlayRun } from '../experiments/overlay-tables/overlay-run.ts';
import type { OverlayRunSpec } from '../experiments/overlay-tables/overlay-run.ts';
import { PROTOCOLS } from '../experiments/overlay-tables/published.ts';
import { IdSpace } from '../protocols/overlay/id-space.ts';
import { keyId } from '../protocols/overlay/identity.ts';
import type { Protocol } from '../protocols/overlay/overlay.ts';
import { MILLISECOND, SECOND } from '../sim/kernel/time.ts';
import { leastSquaresLine } from './overlay/line-fit.ts';
import type { Bench } from './bench.ts';

/** Wall and user CPU time since it was made. */
class Stopwatch {
  private readonly wallMs = performance.now();
  private readonly cpu = process.cpuUsage();

  get wall(): number {
    return (performance.now() - this.wallMs) / 1e3;
  }

  get user(): number {
    return process.cpuUsage(this.cpu).user / 1e6;
  }

  get text(): string {
    return `${this.wall.toFixed(1)} s (user CPU ${this.user.toFixed(1)} s)`;
  }
}

/** Times at which a joined overlay is looked at, at most. */
const MOST_LOOKS = 10;
/** Turns of the steady part. */
const TURNS = 14;

const million = (n: number): string => (n / 1e6).toFixed(2);
const gigabytes = (): string => `${(process.resourceUsage().maxRSS / 2 ** 20).toFixed(2)} GiB peak`;

/** Settled tables, nothing but lookups: 64-bit identifiers, the protocols' default parameters. Hosts are equally far apart here: proximity would measure nothing. */
function settled(protocol: Protocol, nodes: number): OverlayRunSpec {
  return { protocol, nodes, seed: 1, idBits: 64, chord: { maintenance: false }, kademlia: { maintenance: false }, pastry: { maintenance: false, proximity: false } };
}

/** Builds converged tables of a million nodes and runs lookups over them as messages. */
function large(protocol: Protocol, nodes: number, lookups: number): void {
  const all = new Stopwatch();
  const run = new OverlayRun(settled(protocol, nodes)).buildConverged();
  const built = all.text;
  const lookUp = new Stopwatch();
  let hops = 0;
  let wrong = 0;
  run.lookUp(lookups, (result) => {
    hops += result.hops;
    if (!run.isCorrect(result)) wrong++;
  });
  const messages = run.overlay.ledger.totalMessages();
  console.log(
    `${protocol.padEnd(8)} ${nodes.toLocaleString('en')} nodes: built in ${built}; ${lookups.toLocaleString('en')} lookups in ${lookUp.text}, ` +
      `${(hops / lookups).toFixed(3)} hops, ${(messages / lookups).toFixed(1)} messages each, ${wrong} wrong; in all ${all.text}, ${gigabytes()}`,
  );
}

/** Every node joins by messages, ten milliseconds after the one before, then the overlay settles until ten thousand lookups in a row are right. */
function joins(protocol: Protocol, nodes: number): void {
  const watch = new Stopwatch();
  const run = new OverlayRun({ ...settled(protocol, nodes), chord: {}, kademlia: {}, pastry: { proximity: false } });
  const { simulator, overlay, truth } = run;
  const random = simulator.random.stream('joins');
  overlay.join(0, undefined);
  for (let node = 1; node < nodes; node++) {
    simulator.run(simulator.now + 10 * MILLISECOND);
    overlay.join(node, random.pick(truth.members));
  }
  const joined = watch.text;
  const joinedNs = simulator.now;
  let wrong = 1;
  let turn = 0;
  // Ten rounds of Chord's stabilisation between two looks.
  while (wrong > 0 && turn < MOST_LOOKS) {
    simulator.run(simulator.now + 200 * SECOND);
    wrong = 0;
    run.lookUp(10_000, (result) => {
      if (!run.isCorrect(result)) wrong++;
    }, 100, 10_000 * turn++);
  }
  console.log(
    `${protocol.padEnd(8)} ${truth.members.length.toLocaleString('en')} of ${nodes.toLocaleString('en')} nodes joined by messages in ${joined}, settled ${((simulator.now - joinedNs) / SECOND).toFixed(0)} simulated seconds later, ` +
      `in all ${watch.text}; ${million(overlay.ledger.totalMessages())} M messages; ${wrong} of 10,000 lookups wrong; ${gigabytes()}`,
  );
}

/** Overlay messages a second, lookups alone, a thousand under way at once: the median and the best of several turns, by wall clock and by user CPU. */
function steady(protocol: Protocol, nodes: number, lookups: number, hopAcks: boolean): void {
  const spec = settled(protocol, nodes);
  const { overlay, simulator, ...run } = new OverlayRun({ ...spec, chord: { ...spec.chord, hopAcks }, pastry: { ...spec.pastry, hopAcks } }).buildConverged();
  const space = new IdSpace(spec.idBits);
  const keys = Array.from({ length: 10_000 }, (_, i) => keyId(space, run.seed, i));
  const random = simulator.random.stream('initiators');
  let started = 0;
  let ended = 0;
  const start = (): void => {
    overlay.lookup(random.integer(nodes), keys[started % keys.length], done);
    started++;
  };
  const done = (): void => {
    ended++;
    if (started < lookups) start();
    else if (ended === lookups) simulator.stop();
  };
  const wallRates: number[] = [];
  const userRates: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    started = 0;
    ended = 0;
    const before = overlay.ledger.totalMessages();
    const watch = new Stopwatch();
    while (started < 1000) start();
    simulator.run();
    const { wall, user } = watch;
    const messages = overlay.ledger.totalMessages() - before;
    // The first turns are compiled under way.
    if (turn < 2) continue;
    wallRates.push(messages / wall);
    userRates.push(messages / user);
  }
  const text = (rates: readonly number[]): string => {
    const ascending = rates.toSorted((a, b) => a - b);
    return `${million(ascending[ascending.length >> 1])} (best ${million(ascending[ascending.length - 1])})`;
  };
  const acks = protocol === 'kademlia' ? '' : hopAcks ? ', every hop acknowledged' : ', hops not acknowledged';
  console.log(`${protocol.padEnd(8)} N = ${nodes.toLocaleString('en')}${acks}: ${text(wallRates)} M messages/s of wall time, ${text(userRates)} M of user CPU; median of ${wallRates.length} turns of ${lookups.toLocaleString('en')} lookups`);
}

/** Hops and messages of a lookup against log2 N, with the straight line through them. */
function scaling(protocol: Protocol, largestExponent: number): void {
  const points: { x: number; hops: number; messages: number }[] = [];
  for (let exponent = 3; exponent <= largestExponent; exponent++) {
    const nodes = 2 ** exponent;
    const lookups = 20_000;
    // Small rings differ from each other; several are averaged.
    const rings = Math.max(1, 2 ** (10 - exponent));
    let hops = 0;
    let messages = 0;
    for (let seed = 0; seed < rings; seed++) {
      const run = new OverlayRun({ ...settled(protocol, nodes), seed }).buildConverged();
      run.lookUp(Math.ceil(lookups / rings), (result) => {
        hops += result.hops;
        messages += result.messages;
      });
    }
    const done = rings * Math.ceil(lookups / rings);
    points.push({ x: exponent, hops: hops / done, messages: messages / done });
  }
  console.log(`${protocol}: log2 N       ${points.map(({ x }) => String(x).padStart(6)).join('')}`);
  for (const quantity of ['hops', 'messages'] as const) {
    const { slope, intercept, rSquared } = leastSquaresLine(points.map(({ x }) => x), points.map((point) => point[quantity]));
    console.log(`  ${quantity.padEnd(8)} a lookup ${points.map((point) => point[quantity].toFixed(2).padStart(6)).join('')}   = ${slope.toFixed(4)} · log2 N + ${intercept.toFixed(3)}, R² = ${rSquared.toFixed(4)}`);
  }
  console.log(`  ${gigabytes()}`);
}

const PARTS: Readonly<Record<string, (protocol: Protocol) => void>> = {
  million: (protocol) => {
    large(protocol, 1_000_000, 100_000);
  },
  joins: (protocol) => {
    joins(protocol, 10_000);
  },
  steady: (protocol) => {
    steady(protocol, 10_000, 40_000, true);
    if (protocol !== 'kademlia') steady(protocol, 10_000, 40_000, false);
  },
  scaling: (protocol) => {
    scaling(protocol, 20);
  },
};

function run(args: string[]): void {
  const part = args.at(0);
  const protocol = args.at(1);
  const parts = part === undefined ? Object.keys(PARTS) : [part];
  const protocols = protocol === undefined ? PROTOCOLS : PROTOCOLS.filter((name) => name === protocol);
  if (part !== undefined && !(part in PARTS)) throw new RangeError(`part "${part}": expected one of ${Object.keys(PARTS).join(', ')}`);
  if (protocols.length === 0) throw new RangeError(`protocol "${protocol ?? ''}": expected one of ${PROTOCOLS.join(', ')}`);
  if (parts.length === 1 && protocols.length === 1) {
    PARTS[parts[0]](protocols[0]);
    return;
  }
  for (const one of parts) {
    console.log(`\n${one}`);
    for (const name of protocols) spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1, 2), 'overlay', one, name], { stdio: 'inherit' });
  }
}

export const bench: Bench = {
  name: 'overlay',
  describe: 'overlays: a million nodes, ten thousand joins, messages a second, cost against log2 N [part: million, joins, steady, scaling] [protocol]',
  run: (args) => {
    run(args);
    return Promise.resolve();
  },
};
