export interface Named {
  name: string;
  describe(prefix?: string): string;
}

export interface Aged extends ‹Named› {
  age: number;
}

/** What everything is made from. */
export abstract class Entity implements ‹Named› {
  static count = 0;
  protected tags: string[] = [];
  #secret = 1;

  constructor(public name: string, private readonly clock: ‹Clock› = new ‹Clock›()) {
    ‹Entity›.‹count|Entity.count› += 1;
  }

  abstract validate(): boolean;

  describe(prefix = "{"): string {
    return prefix + this.‹name|Entity.name› + this.‹clock|Entity.clock›.‹now|Clock.now›() + this.‹#secret|Entity.#secret›;
  }

  tag(text: string): this {
    this.‹tags|Entity.tags›.push(text);
    return this;
  }

  get label(): ‹Label› {
    return new ‹Label›(this.‹name|Entity.name›);
  }
}

export class Clock {
  now = (): number => 1;
}

export class Label {
  constructor(readonly text: string) {}
  upper(): string {
    return this.‹text|Label.text›.toUpperCase();
  }
}

export enum Color {
  Red,
  Green = 2,
}

export type Id = string | number;
export type Options = { color?: ‹Color›; id: ‹Id› };

export const DEFAULTS: ‹Options› = { id: 1, color: ‹Color›.‹Red|Color.Red› };

export namespace Util {
  export function trim(text: string): string {
    return text.trim();
  }
  export const twice = (text: string) => ‹trim|Util.trim›(text) + ‹trim|Util.trim›(text);
}
