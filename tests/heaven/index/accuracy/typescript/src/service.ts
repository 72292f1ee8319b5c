import ‹Member|User›, { ‹admin› } from "./models/user";
import { ‹Person|User›, ‹makeUser›, ‹Entity›, ‹Util›, ‹shown|hidden›, all } from "./models";
import { ‹format› as ‹fmt|format› } from "./legacy.js";
import type { ‹Aged› } from "./models/base";
import missing from "lodash";

type Handler<T extends ‹Entity›> = (item: T) => void;

export class Repository<T extends ‹Entity›> {
  protected items = new Map<string, ‹Person|User›>();

  constructor(private handler: ‹Handler›<T>) {}

  add(item: ‹Person|User›): this {
    this.‹items|Repository.items›.set(item.‹name|Entity.name›, item);
    return this;
  }

  async find(name: string): Promise<‹Person|User› | undefined> {
    return this.‹items|Repository.items›.get(name);
  }
}

export class Service extends ‹Repository›<‹Person|User›> {
  static create(): ‹Service› {
    return new ‹Service›((one) => one);
  }

  async run(names: string[]): Promise<number> {
    const found = await this.‹find|Repository.find›("x");
    found?.‹befriend|User.befriend›(‹admin›);
    const created = names.map((name) => ‹makeUser›(name));
    const helper = (user: ‹Member|User›) => {
      user.‹validate|User.validate›();
      return this.‹count|Service.count›(user);
    };
    ‹helper|Service.run.helper›(‹admin›);
    all.‹makeUser›("y").‹describe|Entity.describe›();
    return created.length;
  }

  count(user: ‹Person|User›): number {
    const admin = user;
    return admin.‹describe|Entity.describe›().length + ‹fmt|format›(‹Util›.‹trim|Util.trim›(‹shown|hidden›));
  }
}

export const handlers = {
  start(service: ‹Service›) {
    return this.‹stop|handlers.stop›(service);
  },
  stop: (service: ‹Service›) => service.‹run|Service.run›([]),
};

export function each(list: ‹Aged›[], unknown: any) {
  for (const one of list) {
    one.‹describe|Named.describe›();
    one.‹age|Aged.age›;
  }
  unknown.‹?befriend|User.befriend›(1);
  const { run: ran } = missing;
  ‹handlers›.‹start|handlers.start›(‹Service›.‹create|Service.create›());
  function helper() {
    return ‹nested|each.nested›();
  }
  function nested() {
    return 1;
  }
  return ‹helper|each.helper›();
}
