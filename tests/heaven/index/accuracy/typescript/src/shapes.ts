export enum Kind {
  Round = "round",
  Square = "square",
}

export interface Shape {
  readonly kind: ‹Kind›;
  area(): number;
}

export interface Named extends ‹Shape› {
  label?: string;
}

export function parse(text: string): number;
export function parse(text: number): string;
export function parse(text: string | number): string | number {
  return text;
}

export abstract class Base implements ‹Shape› {
  abstract readonly kind: ‹Kind›;
  static made = 0;
  protected constructor(protected readonly size: number) {
    ‹Base›.‹made|Base.made› += 1;
  }
  abstract area(): number;
  double = (): number => this.‹area|Base.area›() * 2;
  describe(): string {
    const inner = (shape: ‹Shape›) => shape.‹area|Shape.area›();
    return `${‹inner|Base.describe.inner›(this)} ${this.‹double|Base.double›()} ${this.‹size|Base.size›}`;
  }
}

export class Square extends ‹Base› {
  readonly kind = ‹Kind›.‹Square|Kind.Square›;
  constructor(size: number) {
    super(size);
  }
  area(): number {
    return this.‹size|Base.size› ** 2;
  }
  override describe(): string {
    return super.‹describe|Base.describe›();
  }
}

export class Box<T extends ‹Shape›> {
  private items: T[] = [];
  add(item: T): this {
    this.‹items|Box.items›.push(item);
    return this;
  }
  first(): T | undefined {
    return this.‹items|Box.items›[0];
  }
  get count(): number {
    return this.‹items|Box.items›.length;
  }
}

export namespace tools {
  export const LIMIT = 3;
  export function limit(shapes: ‹Shape›[]): ‹Shape›[] {
    return shapes.slice(0, ‹LIMIT|tools.LIMIT›);
  }
}

export default function make(size: number): ‹Square› {
  return new ‹Square›(size);
}
