/** Cutting a batch of tokens into textures. */

/** Tokens `first` to `first + tokens` of the flattened outer × token axis, `tokensPerLine` to a line of a texture of width × height texels. */
export interface TokenTile {
  readonly first: number;
  readonly tokens: number;
  readonly tokensPerLine: number;
  readonly width: number;
  readonly height: number;
}

/** Lines are filled up to about this width: wide enough to keep dispatches square, narrow enough that one short batch wastes little. */
const PREFERRED_WIDTH = 2048;

/**
 * Tiles for `tokens` tokens of `tokenQuads` texels each under a limit on width and height. A token never straddles two lines.
 * Throws RangeError where not even one token fits a line.
 */
export function tileTokens(tokens: number, tokenQuads: number, limit: number): TokenTile[] {
  if (!Number.isInteger(tokenQuads) || tokenQuads < 1) throw new RangeError(`a token has ${tokenQuads} quads; expected a positive integer`);
  if (tokenQuads > limit) throw new RangeError(`a token has ${tokenQuads} quads, but textures are at most ${limit} wide`);
  const perLine = Math.max(1, Math.min(tokens, Math.floor(Math.min(limit, Math.max(PREFERRED_WIDTH, tokenQuads)) / tokenQuads)));
  const tiles: TokenTile[] = [];
  for (let first = 0; first < tokens; first += perLine * limit) {
    const count = Math.min(tokens - first, perLine * limit);
    tiles.push({ first, tokens: count, tokensPerLine: perLine, width: perLine * tokenQuads, height: Math.ceil(count / perLine) });
  }
  return tiles;
}
