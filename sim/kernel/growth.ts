interface Settable {
  set(from: this): void;
}

/** `to` with the elements of the shorter typed array `from` at its beginning. */
export function enlarged<A extends Settable>(from: A, to: A): A {
  to.set(from);
  return to;
}
