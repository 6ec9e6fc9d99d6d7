import type { Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { FetchJob, UnitFetch } from '../fetch/fetch-job.ts';
import type { HostCodec } from '../fetch/host-codec.ts';
import { KvDeparture } from '../fetch/kv-departure.ts';
import type { LocalReader } from '../fetch/local-reader.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { KvSource } from './kv-source.ts';
import type { PeerNode } from './peer-node.ts';

/** Units on their way out of the GPU. */
interface Computed {
  readonly node: PeerNode;
  readonly units: readonly ContextUnit[];
  readonly stored: () => void;
}

/** Each node keeps the KV it has computed in its own memory and SSD, and asks nobody: a prefix cache with offloading. */
export class LocalKv implements KvSource {
  readonly name = 'local';
  readonly #sim: Simulator;
  readonly #reader: LocalReader;
  readonly #geometries: ChunkGeometries;
  readonly #absent: Handler<UnitFetch>;
  readonly #departure: KvDeparture;

  /** @param codec host cores encode; undefined where the GPU does */
  constructor(sim: Simulator, reader: LocalReader, geometries: ChunkGeometries, codec: HostCodec | undefined) {
    this.#sim = sim;
    this.#reader = reader;
    this.#geometries = geometries;
    this.#absent = sim.handler('local.absent', (fetch) => { fetch.job.missed(fetch, fetch.job.releasedBy); }, ({ unit }) => unit.id);
    this.#departure = new KvDeparture(sim, 'local', geometries, codec);
  }

  fetch(job: FetchJob): void {
    this.#reader.read(job, (unit) => {
      this.#sim.schedule(0, this.#absent, unit);
    });
  }

  cancel(): void {
    // Local reads are short: what is under way is left to end.
  }

  arrived(): void {
    // What is here already needs no second copy.
  }

  storeBack(node: PeerNode, units: readonly ContextUnit[], stored: () => void): void {
    this.#departure.depart(node, units, () => { this.#keep({ node, units, stored }); });
  }

  #keep({ node, units, stored }: Computed): void {
    for (const unit of units) this.#geometries.of(unit.tokens).segmentBytes.forEach((sizeBytes, segment) => { node.holdings.write(this.#geometries.segmentId(unit.id, segment), sizeBytes); });
    stored();
  }
}
