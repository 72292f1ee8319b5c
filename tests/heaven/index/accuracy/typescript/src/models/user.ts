import { ‹Entity›, ‹Color› as ‹Shade|Color›, type ‹Options› } from "./base";
import * as base from "./base";

export default class User extends ‹Entity› {
  private friends: ‹User|User›[] = [];
  manager?: ‹User›;

  validate(): boolean {
    return this.‹friends|User.friends›.length > 0 && super.‹describe|Entity.describe›() !== "";
  }

  befriend(other: ‹User›, options: ‹Options› = base.‹DEFAULTS›): void {
    this.‹friends|User.friends›.push(other);
    if (options.‹color|Options.color› === ‹Shade|Color›.‹Green|Color.Green›) {
      other.‹befriend|User.befriend›(this);
    }
    for (const friend of this.‹friends|User.friends›) {
      friend.‹validate|User.validate›();
    }
    this.‹manager|User.manager›?.‹tag|Entity.tag›("boss");
    this.‹label|Entity.label›.‹upper|Label.upper›();
  }
}

export function makeUser(name: string): ‹User›;
export function makeUser(name: string, age: number): ‹User›;
export function makeUser(name: string, age?: number): ‹User› {
  const user = new ‹User›(name);
  user.‹tag|Entity.tag›(String(age));
  return user;
}

export const admin = ‹makeUser›("root");
const hidden = base.‹Util›.‹twice|Util.twice›("x");
export { ‹hidden› as ‹visible|hidden› };
