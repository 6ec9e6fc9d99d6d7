import { FrequencySketch } from './frequency-sketch.ts';
import { GhostQueue } from './ghost-queue.ts';
import type { UseFrequency } from './use-frequency.ts';

/** Decides whether an entry from outside may come in at all. */
export interface AdmissionPolicy {
  readonly name: string;
  /** Somebody asked for this entry, held or not. Called on every read, before the write that a miss leads to. */
  observe(id: number): void;
  /** May it come in? `victimId` is the entry that would leave first for it, -1 when there is room. Changes nothing. */
  admit(id: number, victimId: number): boolean;
  /** Says that this many entries are held. */
  expectEntries?(entries: number): void;
}

/** TinyLFU (see frequency-sketch.ts): an entry comes in if there is room, or if it was used more often than what would leave first. */
export class TinyLfuAdmission implements AdmissionPolicy {
  readonly name = 'tinylfu';
  readonly #frequency: UseFrequency;

  constructor(frequency: UseFrequency = new FrequencySketch()) {
    this.#frequency = frequency;
  }

  observe(id: number): void {
    this.#frequency.observe(id);
  }

  admit(id: number, victimId: number): boolean {
    return victimId < 0 || this.#frequency.estimate(id) > this.#frequency.estimate(victimId);
  }

  expectEntries(entries: number): void {
    this.#frequency.expectEntries?.(entries);
  }
}

/**
 * An entry comes in when it is asked for a second time while the first is remembered: what is used once never costs a write (Maggs and
 * Sitaraman, *Algorithmic nuggets in content delivery*, CCR 45(3), 2015). Remembers the last `remembered` ids asked for once.
 */
export class SecondHitAdmission implements AdmissionPolicy {
  readonly name = 'second-hit';
  readonly #remembered: number;
  readonly #once = new GhostQueue();
  readonly #again = new GhostQueue();

  constructor(remembered = 100_000) {
    if (!(Number.isSafeInteger(remembered) && remembered >= 1)) throw new RangeError(`second-hit: remembered is ${remembered}; expected a whole number of at least 1`);
    this.#remembered = remembered;
  }

  observe(id: number): void {
    const seen = this.#once.forget(id) || this.#again.has(id);
    const memory = seen ? this.#again : this.#once;
    memory.add(id, 1);
    memory.trim(this.#remembered);
  }

  admit(id: number): boolean {
    return this.#again.has(id);
  }
}

const ADMISSIONS = {
  always: () => undefined,
  tinylfu: () => new TinyLfuAdmission(),
  'second-hit': () => new SecondHitAdmission(),
} as const satisfies Record<string, () => AdmissionPolicy | undefined>;

/** Names that a config can give; `always` is no policy at all. */
export type AdmissionName = keyof typeof ADMISSIONS;
export const ADMISSION_POLICIES = Object.keys(ADMISSIONS) as readonly AdmissionName[];

/** The admission policy of one store; undefined for `always`. Throws RangeError for an unknown name. */
export function admissionPolicy(name: AdmissionName): AdmissionPolicy | undefined {
  if (!Object.hasOwn(ADMISSIONS, name)) throw new RangeError(`admission policy is ${name as string}; expected one of ${ADMISSION_POLICIES.join(', ')}`);
  return ADMISSIONS[name]();
}
