import ‹create|make›, { type ‹Named›, ‹Box›, ‹Kind|Kind› as ‹Sort|Kind›, ‹parse›, ‹tools› } from "./shapes";
import type { ‹Shape› } from "./shapes";

interface Props {
  shape: ‹Shape›;
  named: ‹Named›;
}

export const Card = ({ shape }: ‹Props›) => <b>{shape.‹?area|Shape.area›()}</b>;

export function Gallery(props: ‹Props›) {
  const square = ‹create|make›(3);
  const box = new ‹Box›<‹Shape›>();
  box.‹add|Box.add›(square).‹add|Box.add›(props.‹shape|Props.shape›);
  const limit = ‹tools›.‹limit|tools.limit›([square]);
  if (square.‹kind|Square.kind› === ‹Sort|Kind›.‹Round|Kind.Round›) {
    ‹parse›(props.‹named|Props.named›.‹label|Named.label› ?? "");
  }
  return <div title={square.‹describe|Square.describe›()}><‹Card› shape={limit[0]} /> {box.‹count|Box.count›}</div>;
}
