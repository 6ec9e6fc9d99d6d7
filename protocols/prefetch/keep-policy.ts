import type { UnitFetch } from '../fetch/fetch-job.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import { SecondHitAdmission } from '../store/admission.ts';
import type { AdmissionPolicy } from '../store/admission.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import type { PollutionWatch } from './pollution-watch.ts';

/** What becomes of prefetched KV besides its use: dropped, or kept in the node's store: all of it, or what this node prefetches for the second time. */
export const KEEP_POLICIES = ['none', 'second-hit', 'all'] as const;
export type KeepPolicyName = (typeof KEEP_POLICIES)[number];

/** Admits prefetched units to the store of the node that fetched them. */
export class KeepPolicy {
  readonly #name: KeepPolicyName;
  readonly #geometries: ChunkGeometries;
  /** By host. */
  readonly #watches: readonly PollutionWatch[];
  readonly #admissions = new Map<PeerNode, AdmissionPolicy>();

  constructor(name: KeepPolicyName, geometries: ChunkGeometries, watches: readonly PollutionWatch[]) {
    this.#name = name;
    this.#geometries = geometries;
    this.#watches = watches;
  }

  /** All segments of a prefetched unit are in the node's memory. */
  arrived(node: PeerNode, { unit, geometry }: UnitFetch): void {
    if (this.#name === 'none' || !this.#admits(node, unit.id)) return;
    this.#watches[node.host].during(() => {
      geometry.segmentBytes.forEach((sizeBytes, segment) => { node.holdings.write(this.#geometries.segmentId(unit.id, segment), sizeBytes); });
    });
  }

  #admits(node: PeerNode, unit: number): boolean {
    if (this.#name === 'all') return true;
    let admission = this.#admissions.get(node);
    if (admission === undefined) {
      admission = new SecondHitAdmission();
      this.#admissions.set(node, admission);
    }
    admission.observe(unit);
    return admission.admit(unit, -1);
  }
}
