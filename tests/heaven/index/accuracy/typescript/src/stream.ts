export class Sink {
  private seen: number = 0;

  push(value: number): this {
    this.‹seen|Sink.seen› += value;
    return this;
  }

  close(): void {}
}

export class LoudSink extends ‹Sink› {
  shout(): void {}
}

type Producer = (first: number, sink: ‹Sink›) => void;

export class Stream {
  constructor(start?: (this: ‹Stream›, sink: ‹LoudSink›) => void) {}

  each(step: ((value: number) => void) | ‹Producer›): void {}
}

export function produce(name: string, by: ‹Producer›, done?: () => void): ‹Stream› {
  return new ‹Stream›((sink) => sink.‹push|Sink.push›(1).‹shout|LoudSink.shout›());
}

export const made = ‹produce›("a", /* what fills it */ (first, sink) => {
  sink.‹push|Sink.push›(first).‹push|Sink.push›(2).‹close|Sink.close›();
});

export function untold(run: any, stream: ‹Stream›) {
  run((sink) => sink.‹?shout|LoudSink.shout›());
  ‹produce›("b", function (first, sink) {
    sink.‹close|Sink.close›();
  });
  stream.‹each|Stream.each›((first, sink) => sink.‹close|Sink.close›());
  new ‹Stream›(sink => sink.‹shout|LoudSink.shout›());
}
