/** Values that Kademlia nodes publish and keep alive by themselves. */
import { Kademlia } from '../../protocols/overlay/kademlia/kademlia.ts';
import { keyId } from '../../protocols/overlay/identity.ts';
import type { OverlayWorld } from './overlay-world.ts';

/** A pointer to a segment: what a value of an index is. */
const VALUE_BYTES = 64;

export class PublishedValues {
  readonly count: number;
  /** Values that the last `look` found. */
  found = 0;
  readonly #world: OverlayWorld;
  readonly #overlay: Kademlia;
  readonly #seed: string;

  private constructor(world: OverlayWorld, overlay: Kademlia, seed: string, count: number) {
    this.#world = world;
    this.#overlay = overlay;
    this.#seed = seed;
    this.count = count;
  }

  /** Publishes values from random members and waits until they are stored; undefined where the protocol stores none, or none is asked for. */
  static publish(world: OverlayWorld, seed: string, count: () => number): PublishedValues | undefined {
    const { overlay, sim } = world;
    if (!(overlay instanceof Kademlia) || count() === 0 || world.members.length === 0) return undefined;
    const values = new PublishedValues(world, overlay, seed, count());
    const publishers = sim.random.stream('publishers');
    let ended = 0;
    for (let i = 0; i < values.count; i++) {
      overlay.store(publishers.pick(world.members), values.#key(i), { token: i, sizeBytes: VALUE_BYTES }, () => {
        ended++;
        if (ended === values.count) sim.stop();
      });
    }
    sim.run();
    return values;
  }

  /** Looks every value up from a random member. */
  look(): void {
    const { sim, members } = this.#world;
    this.found = 0;
    if (members.length === 0) return;
    const askers = sim.random.stream('value askers');
    let ended = 0;
    for (let i = 0; i < this.count; i++) {
      this.#overlay.findValue(askers.pick(members), this.#key(i), (value) => {
        if (value !== undefined) this.found++;
        ended++;
        if (ended === this.count) sim.stop();
      });
    }
    sim.run();
  }

  #key(index: number): Uint32Array {
    return keyId(this.#world.space, `${this.#seed}-value`, index);
  }
}
