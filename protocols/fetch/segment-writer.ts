import type { Handler } from '../../sim/kernel/handler.ts';
import { byteWorkNs } from '../../sim/hardware/host-cpu.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Network } from '../../sim/network/network.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
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

/** Units that one request has computed, on their way to the stores. */
interface Writing {
  readonly node: PeerNode;
  readonly units: readonly ContextUnit[];
  readonly stored: () => void;
  copiesLeft: number;
  readonly byHolder: Map<HostId, StoredSegment[]>;
  locationsLeft: number;
}

interface StoredSegment {
  readonly id: number;
  readonly sizeBytes: number;
}

/** What one holder gets of them. */
interface Copy {
  readonly writing: Writing;
  readonly holder: StorageNode;
  readonly segments: readonly StoredSegment[];
  readonly sizeBytes: number;
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
 * Stores recomputed units where their keys say, fire and forget: copy them out of the GPU, look every segment up, send each holder
 * its segments as one flow, and let the holder's store make room. Nobody waits for it, but it uses the same copy engines,
 * cores, links and disks as everything else.
 */
export class SegmentWriter {
  readonly counts: WriteCounts = { unitsWritten: 0, segmentsKept: 0, segmentsLost: 0, bytesSent: 0, bytesDemoted: 0, bytesEvicted: 0 };
  readonly #world: SegmentWriterWorld;
  readonly #copiedOut: Handler<Writing>;
  readonly #serialised: Handler<Copy>;

  constructor(world: SegmentWriterWorld) {
    this.#world = world;
    this.#copiedOut = world.sim.handler('store.copied', this.#locate.bind(this), ({ node }) => node.host);
    this.#serialised = world.sim.handler('store.serialised', this.#send.bind(this), ({ holder }) => holder.host);
  }

  /** Starts storing units that `node` has just computed; `stored` is called when the last copy has arrived or failed. */
  store(node: PeerNode, units: readonly ContextUnit[], stored: () => void): void {
    let storedBytes = 0;
    for (const unit of units) storedBytes += this.#world.geometries.of(unit.tokens).storedBytes;
    this.counts.unitsWritten += units.length;
    node.copies.copy('deviceToHost', storedBytes, this.#copiedOut, { node, units, stored, copiesLeft: 0, byHolder: new Map(), locationsLeft: 0 });
  }

  #locate(writing: Writing): void {
    const { locator, geometries } = this.#world;
    const { node, units } = writing;
    for (const unit of units) writing.locationsLeft += geometries.of(unit.tokens).segmentBytes.length;
    for (const unit of units) {
      geometries.of(unit.tokens).segmentBytes.forEach((sizeBytes, segment) => {
        const stored = { id: geometries.segmentId(unit.id, segment), sizeBytes };
        locator.locate(node.host, unit.id, segment, false, ({ holders, own }) => {
          if (own) this.#keep(node, stored);
          for (const holder of holders) {
            const segments = writing.byHolder.get(holder);
            if (segments === undefined) writing.byHolder.set(holder, [stored]);
            else segments.push(stored);
          }
          if (--writing.locationsLeft === 0) this.#sendAll(writing);
        });
      });
    }
  }

  #sendAll(writing: Writing): void {
    const { node, byHolder } = writing;
    writing.copiesLeft = byHolder.size;
    if (byHolder.size === 0) writing.stored();
    for (const [host, segments] of byHolder) {
      let sizeBytes = 0;
      for (const segment of segments) sizeBytes += segment.sizeBytes;
      const copy: Copy = { writing, holder: this.#world.nodes[host], segments, sizeBytes };
      node.cpu.charge(byteWorkNs('serialise', sizeBytes), this.#serialised, copy);
    }
  }

  #send(copy: Copy): void {
    this.counts.bytesSent += copy.sizeBytes;
    this.#world.network.transfer({ from: copy.writing.node.host, to: copy.holder.host, sizeBytes: copy.sizeBytes }, this.#onSent, copy);
  }

  readonly #onSent = (outcome: TransferOutcome, copy: Copy): void => {
    if (outcome === 'done') for (const segment of copy.segments) this.#keep(copy.holder, segment);
    else this.counts.segmentsLost += copy.segments.length;
    if (--copy.writing.copiesLeft === 0) copy.writing.stored();
  };

  #keep(holder: StorageNode, { id, sizeBytes }: StoredSegment): void {
    const effect = holder.holdings.write(id, sizeBytes);
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

function ignoreEnd(): void {
  // A demotion that fails with its host has nothing left to undo.
}
