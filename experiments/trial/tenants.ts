/** Tenants of shared prefix caches: what keeps them apart, and what an attacker who probes can tell. */
import type { CachePartitions } from '../../sim/serving/prefix-cache.ts';
import type { Request } from '../../sim/serving/request.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { isRoutingSystem } from '../system-names.ts';
import type { SystemName } from '../system-names.ts';
import type { TrialWorkload } from './workload.ts';

/** Block ids as a tenant's salt makes them: the same block of two tenants is two blocks. */
export class TenantIsolation {
  readonly partitions: CachePartitions | undefined;
  readonly #units: number;

  /** @param units distinct units of the workload @param tenants those who ask and the one who probes */
  constructor(units: number, tenants: number, isPartitioned: boolean) {
    this.#units = units;
    this.partitions = isPartitioned ? { count: tenants, partOf: (id) => Math.floor(id / units) } : undefined;
  }

  salted(request: Request): Request {
    const salt = (request.tenant ?? 0) * this.#units;
    return salt === 0 ? request : { ...request, units: request.units.map((unit) => ({ ...unit, id: unit.id + salt })) };
  }
}

/** Undefined where tenants share everything. */
export function tenantIsolation(name: SystemName, config: ResolvedConfig, workload: TrialWorkload): TenantIsolation | undefined {
  if (!isRoutingSystem(name) || config.prefixRouting.isolation === 'shared') return undefined;
  if (config.workload.kind !== 'prefix' || workload.corpus === undefined) return undefined;
  return new TenantIsolation(workload.corpus.catalogue.size, config.workload.tenants + 1, config.prefixRouting.isolation === 'partitioned');
}

/**
 * Timing attack: a tenant probes texts, each once, and takes a low TTFT for a sign that somebody else has asked about the text before
 * (after Song et al., "The early bird catches the leak", 2024, and Gu et al., "Auditing prompt caching in language model APIs", 2025).
 */
export class TimingAttack {
  readonly #attacker: number;
  /** Texts that others have asked about, by their last block. */
  readonly #asked = new Set<number>();
  /** Open probes: whether the text had been asked about. */
  readonly #open = new Map<number, boolean>();
  readonly #scores = { asked: [] as number[], unasked: [] as number[] };

  constructor(attacker: number) {
    this.#attacker = attacker;
  }

  /** A request arrives, its blocks as they were before any salt. */
  arrived({ id, tenant, units }: Request): void {
    const text = units.at(-1)?.id;
    if (text === undefined) return;
    if (tenant === this.#attacker) this.#open.set(id, this.#asked.has(text));
    else this.#asked.add(text);
  }

  /** A request has its first token. The attacker knows how long its prompts are, and looks at the time per token. */
  answered({ id }: Request, ttftNs: number, promptTokens: number): void {
    const label = this.#open.get(id);
    if (label === undefined) return;
    this.#open.delete(id);
    this.#scores[label ? 'asked' : 'unasked'].push(ttftNs / promptTokens);
  }

  /**
   * Area under the ROC curve: the probability that of an asked and an unasked text the asked one had the lower score, ties half
   * (the Mann–Whitney statistic). 0.5 is guessing; NaN where one of the kinds has not been probed.
   */
  auc(): number {
    const { asked, unasked } = this.#scores;
    let wins = 0;
    for (const a of asked) for (const b of unasked) wins += a < b ? 1 : a === b ? 0.5 : 0;
    return wins / (asked.length * unasked.length);
  }
}
