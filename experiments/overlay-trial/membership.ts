/** Who is in the overlay when: the start, failures all at once, and churn. */
import type { LifetimeLaw, Session } from '../../protocols/overlay/churn.ts';
import { drawSessions } from '../../protocols/overlay/churn.ts';
import type { NodeIndex } from '../../protocols/overlay/overlay.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import { identityCount } from '../config/check-overlay-study.ts';
import type { OverlayStudyConfig } from '../config/overlay-study-fields.ts';
import { readSessions } from '../files/session-file.ts';
import type { OverlayWorld } from './overlay-world.ts';

type Churn = Exclude<OverlayStudyConfig['churn'], { readonly kind: 'none' }>;

/** Mean lifetimes that sessions are drawn for before time 0, so that who is there at time 0 is a sample of the settled process. */
const SETTLED_AFTER = 20;

/** Sessions on the clock of the measurement: those that began before time 0 are there at the start. */
export interface ChurnPlan {
  readonly initial: readonly NodeIndex[];
  readonly sessions: readonly Session[];
  /** What happens from here on is left out; heavy-tailed sessions may end beyond what a clock can count. */
  readonly untilNs: Nanoseconds;
}

/** Draws or reads the sessions up to `untilNs`. */
export function planChurn(world: OverlayWorld, config: OverlayStudyConfig, churn: Churn, untilNs: Nanoseconds): ChurnPlan {
  const sessions = churn.kind === 'trace' ? readSessions(churn.file, config.nodes) : settledSessions(world, config, churn, untilNs);
  const relevant = sessions.filter((session) => session.endNs > 0 && session.joinNs < untilNs);
  return { initial: relevant.filter(({ joinNs }) => joinNs <= 0).map(({ node }) => node), sessions: relevant, untilNs };
}

function settledSessions(world: OverlayWorld, config: OverlayStudyConfig, churn: Exclude<Churn, { readonly kind: 'trace' }>, untilNs: Nanoseconds): Session[] {
  const burnInNs = SETTLED_AFTER * (churn.sessionNs + churn.absenceNs);
  const law = (meanNs: Nanoseconds): LifetimeLaw => (churn.kind === 'exponential' ? { law: churn.kind, meanNs } : { law: churn.kind, meanNs, shape: churn.shape });
  const drawn = drawSessions(identityCount(config), law(churn.sessionNs), law(churn.absenceNs), churn.crashShare, burnInNs + untilNs, world.sim.random.stream('churn'));
  return drawn.map(({ node, joinNs, endNs, crash }) => ({ node, joinNs: joinNs - burnInNs, endNs: endNs - burnInNs, crash }));
}

/** Lays the joins, leaves and crashes of a plan on the clock; time 0 of the plan is now. */
export function scheduleChurn(world: OverlayWorld, plan: ChurnPlan): void {
  const { sim } = world;
  const startNs = sim.now;
  const join = sim.handler('churn join', (node: NodeIndex) => {
    world.join(node);
  });
  const leave = sim.handler('churn leave', (node: NodeIndex) => {
    world.leave(node);
  });
  const crash = sim.handler('churn crash', (node: NodeIndex) => {
    world.crash(node);
  });
  for (const { node, joinNs, endNs, crash: crashes } of plan.sessions) {
    if (joinNs > 0) sim.scheduleAt(startNs + joinNs, join, node);
    if (endNs < plan.untilNs) sim.scheduleAt(startNs + endNs, crashes ? crash : leave, node);
  }
}

/** Brings the first members into the overlay: tables written directly, or node after node by messages. */
export function gather(world: OverlayWorld, config: OverlayStudyConfig, members: readonly NodeIndex[]): void {
  if (config.start === 'converged') {
    world.buildConverged(members);
    return;
  }
  const { sim } = world;
  const { intervalNs, settleNs } = config.join;
  members.forEach((node, i) => {
    if (i > 0) sim.run(sim.now + intervalNs);
    world.join(node);
  });
  sim.run(sim.now + settleNs);
}

/** Nodes that leave or crash at once, and the time given to repairs. */
export function fail(world: OverlayWorld, config: OverlayStudyConfig): void {
  const { leave, crash, settleNs } = config.failures;
  const members = world.sim.random.stream('failures').shuffle([...world.members]);
  const leaving = Math.round(leave * members.length);
  const crashing = Math.round(crash * members.length);
  for (const node of members.slice(0, leaving)) world.leave(node);
  for (const node of members.slice(leaving, leaving + crashing)) world.crash(node);
  if (settleNs > 0) world.sim.run(world.sim.now + settleNs);
}
