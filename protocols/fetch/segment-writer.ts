import type { Handler } from '../../sim/kernel/handler.ts';
import { byteWorkNs } from '../../sim/hardware/host-cpu.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { Network } from '../../sim/network/network.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ContextUnit } from '../../sim/serving/request.ts';
import { arrayHeaderBytes } from '../overlay/wire-format.ts';
import type { ChunkGeometries } from '../placement/chunk-geometry.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import type { StorageNode } from '../systems/storage-node.ts';
import { KvDeparture } from './kv-departure.ts';
import type { HostCodec } from './host-codec.ts';
import type { Locator } from './locator.ts';
import { WriteQuorum } from './write-quorum.ts';
import type { WriteQuorumOptions } from './write-quorum.ts';

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
  /** Units whose segments the asked number of replicas has acknowledged, the time that took in all, and units for which that failed. */
  unitsAcknowledged: number;
  acknowledgeNs: number;
  unitsFailed: number;
}

/** Units that one request has computed, on their way to the stores. */
interface Writing {
  readonly node: PeerNode;
  readonly units: readonly ContextUnit[];
  readonly stored: () => void;
  copiesLeft: number;
  readonly byHolder: Map<HostId, StoredSegment[]>;
  locationsLeft: number;
  /** Undefined where nobody acknowledges. */
  readonly quorum: WriteQuorum | undefined;
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

/** A holder says what it has kept. */
interface Acknowledgement {
  readonly writing: Writing;
  readonly kept: readonly number[];
}

/** Array header, type code, request number; then each segment as a key of 8 bytes: bin 8 header and bytes (MessagePack specification). */
const acknowledgementBytes = ({ kept }: Acknowledgement): number => 1 + 1 + 6 + arrayHeaderBytes(kept.length) + 10 * kept.length;

export interface SegmentWriterWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly locator: Locator;
  /** By host id. */
  readonly nodes: readonly StorageNode[];
  readonly geometries: ChunkGeometries;
  /** Told of each replica that a holder has kept. */
  readonly kept?: ((host: HostId, id: number) => void) | undefined;
  /** Host cores encode; undefined where the GPU does. */
  readonly codec?: HostCodec | undefined;
}

/**
 * Stores recomputed units where their keys say, fire and forget: copy them out of the GPU, look every segment up, send each holder
 * its segments as one flow, and let the holder's store make room. Nobody waits for it, but it uses the same copy engines,
 * cores, links and disks as everything else.
 *
 * With a quorum holders acknowledge what they have kept, and a write counts once enough have, for each of its segments. What has not been
 * acknowledged in time is looked up and sent again. Readers find a copy as soon as it lies somewhere, quorum or not.
 */
export class SegmentWriter {
  readonly counts: WriteCounts = { unitsWritten: 0, segmentsKept: 0, segmentsLost: 0, bytesSent: 0, bytesDemoted: 0, bytesEvicted: 0, unitsAcknowledged: 0, acknowledgeNs: 0, unitsFailed: 0 };
  readonly #world: SegmentWriterWorld;
  readonly #quorum: WriteQuorumOptions;
  readonly #acknowledge: MessageType<Acknowledgement> | undefined;
  readonly #departure: KvDeparture;
  readonly #serialised: Handler<Copy>;
  readonly #overdue: Handler<Writing>;

  constructor(world: SegmentWriterWorld, quorum: WriteQuorumOptions = FIRE_AND_FORGET) {
    this.#world = world;
    this.#quorum = quorum;
    if (quorum.acknowledgements > 0) this.#acknowledge = world.network.messageType<Acknowledgement>('store.acknowledged', (_, holder, message) => { this.#onAcknowledged(holder, message); }, acknowledgementBytes);
    this.#departure = new KvDeparture(world.sim, 'store', world.geometries, world.codec);
    this.#serialised = world.sim.handler('store.serialised', this.#send.bind(this), ({ holder }) => holder.host);
    this.#overdue = world.sim.handler('store.overdue', this.#sendAgain.bind(this), ({ node }) => node.host);
  }

  /** Starts storing units that `node` has just computed; `stored` is called when the last copy has arrived or failed, with a quorum when it is met or given up. */
  store(node: PeerNode, units: readonly ContextUnit[], stored: () => void): void {
    const quorum = this.#quorum.acknowledgements === 0 ? undefined : new WriteQuorum(this.#quorum.acknowledgements, this.#world.sim.now);
    this.counts.unitsWritten += units.length;
    const writing: Writing = { node, units, stored, copiesLeft: 0, byHolder: new Map(), locationsLeft: 0, quorum };
    this.#departure.depart(node, units, () => { this.#locate(writing); });
  }

  #locate(writing: Writing): void {
    const { locator, geometries } = this.#world;
    const { node, units } = writing;
    for (const unit of units) writing.locationsLeft += geometries.of(unit.tokens).segmentBytes.length;
    for (const unit of units) {
      geometries.of(unit.tokens).segmentBytes.forEach((sizeBytes, segment) => {
        const stored = { id: geometries.segmentId(unit.id, segment), sizeBytes };
        writing.quorum?.expect(stored.id);
        locator.locate(node.host, unit.id, segment, (writing.quorum?.resent ?? 0) > 0, ({ holders, own }) => {
          if (own && (writing.quorum?.needs(stored.id, node.host) ?? true) && this.#keep(node, stored)) writing.quorum?.acknowledge(stored.id, node.host);
          for (const holder of holders) {
            if (writing.quorum !== undefined && writing.quorum.resent > 0 && !writing.quorum.needs(stored.id, holder)) continue;
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
    if (byHolder.size === 0) this.#allSent(writing);
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
    if (outcome === 'done') {
      const kept = copy.segments.filter((segment) => this.#keep(copy.holder, segment)).map(({ id }) => id);
      if (this.#acknowledge !== undefined) this.#world.network.send(copy.holder.host, copy.writing.node.host, this.#acknowledge, { writing: copy.writing, kept });
    } else {
      this.counts.segmentsLost += copy.segments.length;
    }
    if (--copy.writing.copiesLeft === 0) this.#allSent(copy.writing);
  };

  #onAcknowledged(holder: HostId, { writing, kept }: Acknowledgement): void {
    const { quorum } = writing;
    if (quorum === undefined || quorum.over) return;
    for (const id of kept) quorum.acknowledge(id, holder);
    if (quorum.met) this.#counts(writing, quorum);
  }

  #allSent(writing: Writing): void {
    const { quorum } = writing;
    if (quorum === undefined) {
      writing.stored();
      return;
    }
    if (quorum.over) return;
    if (quorum.met) this.#counts(writing, quorum);
    else this.#world.sim.schedule(this.#quorum.timeoutNs, this.#overdue, writing);
  }

  #counts({ units, stored }: Writing, quorum: WriteQuorum): void {
    quorum.over = true;
    this.counts.unitsAcknowledged += units.length;
    this.counts.acknowledgeNs += units.length * (this.#world.sim.now - quorum.startNs);
    stored();
  }

  /** Not acknowledged in time: look the holders up again and send what they lack. */
  #sendAgain(writing: Writing): void {
    const quorum = writing.quorum!;
    if (quorum.over) return;
    if (quorum.resent === this.#quorum.retries || !this.#world.network.isAlive(writing.node.host)) {
      quorum.over = true;
      this.counts.unitsFailed += writing.units.length;
      writing.stored();
      return;
    }
    quorum.resent++;
    writing.byHolder.clear();
    this.#locate(writing);
  }

  /** False where it fits nowhere. */
  #keep(holder: StorageNode, { id, sizeBytes }: StoredSegment): boolean {
    const effect = holder.holdings.write(id, sizeBytes);
    if (effect === undefined) {
      this.counts.segmentsLost++;
      return false;
    }
    this.counts.segmentsKept++;
    this.counts.bytesDemoted += effect.demotedBytes;
    this.counts.bytesEvicted += effect.evictedBytes;
    this.#world.kept?.(holder.host, id);
    return true;
  }
}

const FIRE_AND_FORGET: WriteQuorumOptions = { acknowledgements: 0, timeoutNs: 0, retries: 0 };
