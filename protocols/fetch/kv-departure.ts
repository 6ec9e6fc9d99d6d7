import type { Handler } from '../../sim/kernel/handler.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { fromSeconds } from '../../sim/kernel/time.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import type { HostCodec } from './host-codec.ts';

/** Units on their way out. */
interface Departing {
  readonly node: PeerNode;
  readonly units: readonly ContextUnit[];
  readonly done: () => void;
  segmentsLeft: number;
}

/**
 * From computed KV in GPU memory to encoded segments in host memory. The GPU quantises as it computes, and what is copied out is encoded already; with
 * a host codec it is copied out as it is, and host cores encode it, a segment on each.
 */
export class KvDeparture {
  readonly #geometries: ChunkGeometries;
  readonly #codec: HostCodec | undefined;
  readonly #copiedOut: Handler<Departing>;
  readonly #encoded: Handler<Departing>;

  constructor(sim: Simulator, label: string, geometries: ChunkGeometries, codec: HostCodec | undefined) {
    this.#geometries = geometries;
    this.#codec = codec;
    this.#copiedOut = sim.handler(`${label}.copied`, this.#encode.bind(this), ({ node }) => node.host);
    this.#encoded = sim.handler(`${label}.encoded`, (departing) => { if (--departing.segmentsLeft === 0) departing.done(); }, ({ node }) => node.host);
  }

  depart(node: PeerNode, units: readonly ContextUnit[], done: () => void): void {
    let copiedBytes = 0;
    let segmentsLeft = 0;
    for (const unit of units) {
      const { storedBytes, rawBytes, segmentBytes } = this.#geometries.of(unit.tokens);
      copiedBytes += this.#codec === undefined ? storedBytes : rawBytes;
      segmentsLeft += segmentBytes.length;
    }
    node.copies.copy('deviceToHost', copiedBytes, this.#copiedOut, { node, units, done, segmentsLeft });
  }

  #encode(departing: Departing): void {
    if (this.#codec === undefined) {
      departing.done();
      return;
    }
    const { encodeBytesPerSecond } = this.#codec;
    for (const unit of departing.units) {
      for (const rawBytes of this.#geometries.of(unit.tokens).segmentRawBytes) departing.node.cpu.charge(fromSeconds(rawBytes / encodeBytesPerSecond), this.#encoded, departing);
    }
  }
}
