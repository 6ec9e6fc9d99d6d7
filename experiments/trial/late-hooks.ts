import type { EngineHooks } from '../../sim/serving/engine.ts';
import type { Sequence } from '../../sim/serving/sequence.ts';

type Receiver = Required<Pick<EngineHooks, 'onHead' | 'onPieceDone' | 'onPreempted' | 'onFirstToken' | 'onFinished' | 'onRejected'>>;

/** Engine hooks whose receiver is named after the engines have been made. */
export class LateHooks implements EngineHooks {
  #receiver: Receiver | undefined;

  bind(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  onHead(sequence: Sequence): 'ready' | 'pending' {
    return this.#receiver!.onHead(sequence);
  }

  onPieceDone(sequence: Sequence, index: number): void {
    this.#receiver!.onPieceDone(sequence, index);
  }

  onPreempted(sequence: Sequence): void {
    this.#receiver!.onPreempted(sequence);
  }

  onFirstToken(sequence: Sequence): void {
    this.#receiver!.onFirstToken(sequence);
  }

  onFinished(sequence: Sequence): void {
    this.#receiver!.onFinished(sequence);
  }

  onRejected(sequence: Sequence, reason: string): void {
    this.#receiver!.onRejected(sequence, reason);
  }
}
