import type { Handler } from '../../sim/kernel/handler.ts';
import { byteWorkNs } from '../../sim/hardware/host-cpu.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Network } from '../../sim/network/network.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { ChunkGeometries, ChunkGeometry } from '../placement/chunk-geometry.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import type { StorageNode } from '../systems/storage-node.ts';
import type { Locator } from './locator.ts';

/** What writing back has cost so far, over all nodes. */
export interface WriteCounts {
  unitsWritten: number;
  /** Segment copies that arrived and were kept. */
  segmentsKept: number;
  /** Segment copies that fitted nowhere, or whose holder failed. */
  segmentsLost: number;
  bytesSent: number;
  bytesDemoted: number;
  bytesEvicted: number;
}

interface Unit {
  readonly node: PeerNode;
  readonly unit: ContextUnit;
  readonly geometry: ChunkGeometry;
  readonly byHolder: Map<HostId, number[]>;
  locationsLeft: number;
}

interface Copy {
  readonly unit: Unit;
  readonly holder: StorageNode;
  readonly segments: readonly number[];
}

export interface SegmentWriterWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly locator: Locator;
  /** By host id. */
  readonly nodes: readonly StorageNode[];
  readonly geometries: ChunkGeometries;
}

/**
 * Stores a recomputed unit where its keys say, fire and forget: copy it out of the GPU, look every segment up, send each holder
 * its segments as one flow, and let the holder's store make room. Nobody waits for it, but it uses the same copy engines,
 * links and disks as everything else.
 */
export class SegmentWriter {
  readonly counts: WriteCounts = { unitsWritten: 0, segmentsKept: 0, segmentsLost: 0, bytesSent: 0, bytesDemoted: 0, bytesEvicted: 0 };
  readonly #world: SegmentWriterWorld;
  readonly #copiedOut: Handler<Unit>;
  readonly #serialised: Handler<Copy>;

  constructor(world: SegmentWriterWorld) {
    this.#world = world;
    this.#copiedOut = world.sim.handler('store.copied', this.#locate.bind(this), ({ node }) => node.host);
    this.#serialised = world.sim.handler('store.serialised', this.#send.bind(this), ({ holder }) => holder.host);
  }

  /** Starts storing one unit that `node` has just computed. */
  store(node: PeerNode, unit: ContextUnit): void {
    const geometry = this.#world.geometries.of(unit.tokens);
    this.counts.unitsWritten++;
    const writing: Unit = { node, unit, geometry, byHolder: new Map(), locationsLeft: geometry.segmentBytes.length };
    node.copies.copy('deviceToHost', geometry.storedBytes, this.#copiedOut, writing);
  }

  #locate(unit: Unit): void {
    const { locator } = this.#world;
    unit.geometry.segmentBytes.forEach((sizeBytes, segment) => {
      locator.locate(unit.node.host, unit.unit.id, segment, false, ({ holders, own }) => {
        if (own) this.#keep(unit.node, unit, segment, sizeBytes);
        for (const holder of holders) {
          const segments = unit.byHolder.get(holder);
          if (segments === undefined) unit.byHolder.set(holder, [segment]);
          else segments.push(segment);
        }
        if (--unit.locationsLeft === 0) this.#sendAll(unit);
      });
    });
  }

  #sendAll(unit: Unit): void {
    for (const [host, segments] of unit.byHolder) {
      const copy: Copy = { unit, holder: this.#world.nodes[host], segments };
      unit.node.cpu.charge(byteWorkNs('serialise', bytesOf(copy)), this.#serialised, copy);
    }
  }

  #send(copy: Copy): void {
    const sizeBytes = bytesOf(copy);
    this.counts.bytesSent += sizeBytes;
    this.#world.network.transfer({ from: copy.unit.node.host, to: copy.holder.host, sizeBytes }, this.#onSent, copy);
  }

  readonly #onSent = (outcome: TransferOutcome, copy: Copy): void => {
    if (outcome !== 'done') {
      this.counts.segmentsLost += copy.segments.length;
      return;
    }
    for (const segment of copy.segments) this.#keep(copy.holder, copy.unit, segment, copy.unit.geometry.segmentBytes[segment]);
  };

  #keep(holder: StorageNode, unit: Unit, segment: number, sizeBytes: number): void {
    const effect = holder.holdings.write(this.#world.geometries.segmentId(unit.unit.id, segment), sizeBytes);
    if (effect === undefined) {
      this.counts.segmentsLost++;
      return;
    }
    this.counts.segmentsKept++;
    this.counts.bytesDemoted += effect.demotedBytes;
    this.counts.bytesEvicted += effect.evictedBytes;
    if (effect.demotedBytes === 0) return;
    // What memory gives up is written to the drive behind it, in the background.
    const { host, tiers } = holder;
    this.#world.network.transfer({ from: host, to: host, sizeBytes: effect.demotedBytes, extraLinks: [tiers[1].writeLink] }, ignoreEnd, undefined);
  }
}

function bytesOf({ unit, segments }: Copy): number {
  let sum = 0;
  for (const segment of segments) sum += unit.geometry.segmentBytes[segment];
  return sum;
}

function ignoreEnd(): void {
  // A demotion that fails with its host has nothing left to undo.
}
