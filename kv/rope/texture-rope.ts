/** Rotation in shaders, through gpu.js. */
import type { DeviceTexture, GpuDevice } from './gpu-device.ts';
import { INTERLEAVED_QUADS, NEOX_QUADS } from './kernel-sources.ts';
import { checkKeys, keyElements, planShifts } from './key-layout.ts';
import type { KeyLayout, PositionShift } from './key-layout.ts';
import { headSpread, quadTurns } from './quad-turns.ts';
import type { QuadTurns } from './quad-turns.ts';
import type { RopeBackend } from './rope-backend.ts';
import type { RopeSpec } from './rope-spec.ts';
import { tileTokens } from './texture-tiling.ts';
import type { TokenTile } from './texture-tiling.ts';
import { checkHeadDim } from './typescript-backend.ts';

/** Limits of a backend; smaller ones than the device's are for tests of the tiling. */
export interface TextureLimits {
  readonly maxTextureSize?: number;
}

/** Keys on a graphics device: tiles of whole tokens, each a texture. */
export interface DeviceKeys {
  readonly layout: KeyLayout;
  readonly tiles: readonly { readonly tile: TokenTile; readonly texture: DeviceTexture }[];
  release(): void;
}

/** Rotation in shaders, four elements a fragment. */
export class TextureRope implements RopeBackend {
  readonly mode;
  readonly kernelClass;
  readonly device: GpuDevice;
  readonly #limit: number;

  constructor(device: GpuDevice, options: TextureLimits = {}) {
    this.device = device;
    this.mode = device.mode;
    this.kernelClass = device.kernelClass;
    this.#limit = Math.min(device.maxTextureSize, options.maxTextureSize ?? Infinity);
  }

  rotate(keys: Float32Array, layout: KeyLayout, spec: RopeSpec, shifts: readonly PositionShift[]): Float32Array {
    checkKeys(keys, layout);
    checkHeadDim(layout, spec);
    const plan = planShifts(shifts, layout.tokens);
    if (keys.length === 0) return new Float32Array(0);
    const turns = quadTurns(spec, plan);
    // A head that does not divide into quads is widened with elements that no kernel turns.
    const spread = headSpread(spec);
    const wideLayout = { ...layout, headDim: turns.headDim };
    const heads = layout.outer * layout.tokens * layout.inner;
    const uploaded = this.upload(spread === undefined ? keys : spread.widen(keys, heads), wideLayout);
    const rotated = this.rotateOnDevice(uploaded, turns);
    uploaded.release();
    const values = this.download(rotated);
    rotated.release();
    return spread === undefined ? values : spread.narrow(values, heads);
  }

  /** Uploads keys, in as many tiles as the texture limit asks for. The head size must be a multiple of four. */
  upload(keys: Float32Array, layout: KeyLayout): DeviceKeys {
    const tokenQuads = (layout.inner * layout.headDim) / 4;
    const tiles = tileTokens(layout.outer * layout.tokens, tokenQuads, this.#limit).map((tile) => {
      const first = tile.first * tokenQuads * 4;
      const values = keys.subarray(first, first + tile.tokens * tokenQuads * 4);
      return { tile, texture: this.device.upload(values, tile.width, tile.height) };
    });
    return deviceKeys(layout, tiles);
  }

  /** One dispatch a tile: every layer, head, token and chunk in it. */
  rotateOnDevice(keys: DeviceKeys, turns: QuadTurns): DeviceKeys {
    const { layout } = keys;
    if (layout.headDim !== turns.headDim) throw new RangeError(`layout.headDim is ${layout.headDim}; expected ${turns.headDim}`);
    if (turns.lines > this.#limit) throw new RangeError(`${turns.lines} distinct shifts in one batch; this device's textures hold ${this.#limit}`);
    const table = this.device.upload(turns.values, turns.width, turns.lines);
    const tokenQuads = (layout.inner * layout.headDim) / 4;
    const constants = { headQuads: turns.headDim / 4, rotaryQuads: turns.rotaryDim / 4, halfQuads: turns.rotaryDim / 8, tokenQuads };
    const tiles = keys.tiles.map(({ tile, texture }) => {
      const lines = this.#uploadLines(tile, layout, turns.lineOfToken);
      const key = ['rotate', turns.pairing, ...Object.values(constants), tile.width, tile.height, turns.lines].join(' ');
      const source = turns.pairing === 'neox' ? NEOX_QUADS : INTERLEAVED_QUADS;
      const settings = { output: [tile.width, tile.height], constants, returnType: 'Array(4)' };
      const rotated = this.device.runToTexture(key, source, settings, [texture.handle, table.handle, lines.handle]);
      lines.release();
      return { tile, texture: rotated };
    });
    table.release();
    return deviceKeys(layout, tiles);
  }

  /** Reads keys back. */
  download(keys: DeviceKeys): Float32Array {
    const out = new Float32Array(keyElements(keys.layout));
    const width = keys.layout.inner * keys.layout.headDim;
    for (const { tile, texture } of keys.tiles) out.set(this.device.download(texture).subarray(0, tile.tokens * width), tile.first * width);
    return out;
  }

  destroy(): void {
    this.device.destroy();
  }

  /** For each token of a tile, which line of the turns it takes. */
  #uploadLines(tile: TokenTile, layout: KeyLayout, lineOfToken: Int32Array): DeviceTexture {
    const values = new Float32Array(tile.tokensPerLine * tile.height * 4);
    for (let i = 0; i < tile.tokens; i++) values[i * 4] = lineOfToken[(tile.first + i) % layout.tokens];
    return this.device.upload(values, tile.tokensPerLine, tile.height);
  }
}

/** Keys in these tiles. */
export function deviceKeys(layout: KeyLayout, tiles: DeviceKeys['tiles']): DeviceKeys {
  return {
    layout,
    tiles,
    release: () => {
      for (const { texture } of tiles) texture.release();
    },
  };
}
