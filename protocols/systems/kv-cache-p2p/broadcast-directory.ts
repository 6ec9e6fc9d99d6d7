import type { EventHandle } from '../../../sim/kernel/handler.ts';
import type { Simulator } from '../../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../../sim/kernel/time.ts';
import type { HostId } from '../../../sim/network/topology.ts';
import type { Discovery } from './discovery.ts';
import type { FoundLayer, LayerDirectory, LookupTraffic, NamedLayer } from './layer-directory.ts';
import { absent, found, lookup } from './messages.ts';
import type { PeerLinks, PeerMessage } from './peer-links.ts';

interface Question {
  readonly layer: NamedLayer;
  readonly holders: HostId[];
  /** Peers that have not answered. */
  readonly silent: Set<HostId>;
  readonly done: (found: FoundLayer) => void;
  over: boolean;
  timer: EventHandle;
}

/** As the prototype looks layers up: every known peer is asked, the first that has it is taken, a miss waits for the last answer. */
export class BroadcastDirectory implements LayerDirectory {
  readonly #sim: Simulator;
  readonly #links: PeerLinks;
  readonly #discovery: Discovery;
  readonly #timeoutNs: Nanoseconds;
  readonly #sizeOf: (host: HostId, id: number) => number;
  readonly #lookup: PeerMessage<Question>;
  readonly #found: PeerMessage<Question>;
  readonly #absent: PeerMessage<Question>;
  #lookups = 0;

  /** @param sizeOf bytes of a layer that a node offers to others; 0 where it has none */
  constructor(sim: Simulator, links: PeerLinks, discovery: Discovery, timeoutNs: Nanoseconds, sizeOf: (host: HostId, id: number) => number) {
    this.#sim = sim;
    this.#links = links;
    this.#discovery = discovery;
    this.#timeoutNs = timeoutNs;
    this.#sizeOf = sizeOf;
    this.#lookup = links.kind<Question>('lookup', (to, from, question) => { this.#answer(to, from, question); });
    this.#found = links.kind<Question>('found', (_, from, question) => { this.#onAnswer(question, from, true); });
    this.#absent = links.kind<Question>('absent', (_, from, question) => { this.#onAnswer(question, from, false); });
  }

  find(from: HostId, layer: NamedLayer, done: (found: FoundLayer) => void): void {
    this.#lookups++;
    const peers = this.#discovery.peers(from);
    const question: Question = { layer, holders: [], silent: new Set(peers), done, over: false, timer: 0 };
    if (peers.length === 0) {
      this.#sim.schedule(0, () => { this.#end(question); });
      return;
    }
    question.timer = this.#sim.schedule(this.#timeoutNs, () => { this.#onTimeout(from, question); });
    const wire = lookup(layer.key);
    for (const peer of peers) this.#links.send(from, peer, this.#lookup, wire, question);
  }

  publish(): void {
    // Whoever asks is answered from the store itself.
  }

  preload(): void {
    // As above.
  }

  traffic(): LookupTraffic {
    const kinds = [this.#lookup, this.#found, this.#absent];
    return { lookups: this.#lookups, messages: kinds.reduce((sum, { messages }) => sum + messages, 0), bytes: kinds.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  #answer(host: HostId, asker: HostId, question: Question): void {
    const sizeBytes = this.#sizeOf(host, question.layer.id);
    if (sizeBytes > 0) this.#links.send(host, asker, this.#found, found(sizeBytes), question);
    else this.#links.send(host, asker, this.#absent, absent(), question);
  }

  #onAnswer(question: Question, from: HostId, has: boolean): void {
    question.silent.delete(from);
    if (has) question.holders.push(from);
    if (question.silent.size === 0 && !question.over) this.#sim.cancel(question.timer);
    if (has || question.silent.size === 0) this.#end(question);
  }

  /** Whoever has not answered is dropped; it counts as a miss unless somebody had the layer. */
  #onTimeout(asker: HostId, question: Question): void {
    for (const peer of question.silent) this.#discovery.suspect(asker, peer);
    this.#end(question);
  }

  #end(question: Question): void {
    if (question.over) return;
    question.over = true;
    question.done({ holders: question.holders, hops: 1, timeouts: question.holders.length === 0 ? question.silent.size : 0 });
  }
}
