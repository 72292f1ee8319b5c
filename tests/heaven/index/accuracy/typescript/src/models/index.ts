export { ‹default|User› as ‹Person|User›, ‹makeUser› } from "./user";
export * from "./base";
export * as all from "./user";
export { ‹visible|hidden› as ‹shown|hidden› } from "./user";
