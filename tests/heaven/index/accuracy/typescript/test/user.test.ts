import { describe, it } from "vitest";
import ‹User›, { ‹makeUser› } from "../src/models/user";
import { ‹later› } from "../src/legacy";

describe("User", () => {
  it("makes a friend", () => {
    const user = ‹makeUser›("a");
    user.‹befriend|User.befriend›(new ‹User›("b"));
  });
  it("validates", async () => {
    ‹later›(() => 1);
  });
});
