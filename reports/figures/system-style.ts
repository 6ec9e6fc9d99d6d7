import { DARK, LIGHT, SYSTEM_DASHES, SYSTEM_SHAPES } from './theme.ts';

/** How one system is drawn, in every chart of every report. */
export interface SystemStyle {
  /** Name in configs and results. */
  readonly name: string;
  /** As shown to readers. */
  readonly label: string;
  readonly light: string;
  readonly dark: string;
  readonly shape: string;
  readonly dash: readonly number[];
}

/** Places in the palette that never move, so that a system has the same colour in all reports. */
const RESERVED: Readonly<Record<string, number>> = { p2p: 0, 'no-reuse': 1, 'central-memory': 2, 'central-disk': 3, chord: 0, kademlia: 1, pastry: 2 };

/**
 * Styles for the systems of a study, in the order given. A system with a reserved place has it; others take the free
 * places in turn, and start again, with another dash, when there are more systems than places.
 */
export function styleSystems(systems: readonly { name: string; label: string }[]): SystemStyle[] {
  const size = LIGHT.systems.length;
  const taken = new Set(systems.flatMap((s) => (Object.hasOwn(RESERVED, s.name) ? [RESERVED[s.name]] : [])));
  const free = LIGHT.systems.map((_, i) => i).filter((i) => !taken.has(i));
  if (free.length === 0) free.push(...LIGHT.systems.map((_, i) => i));
  let next = 0;
  return systems.map(({ name, label }) => {
    const reserved = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined;
    const turn = reserved === undefined ? next++ : 0;
    const place = reserved ?? free[turn % free.length];
    const round = Math.floor(turn / free.length);
    return {
      name,
      label,
      light: LIGHT.systems[place],
      dark: DARK.systems[place],
      shape: SYSTEM_SHAPES[(place + 3 * round) % size],
      dash: SYSTEM_DASHES[(place + round) % size],
    };
  });
}
