import { ‹Service› } from "./service";

interface Props {
  service: ‹Service›;
  title?: string;
}

export const View = ({ service, title }: ‹Props›) => <b onClick={() => ‹render›(title)}>{title}</b>;

function render(text: string) {
  return <‹View› service={‹Service›.‹create|Service.create›()} title={text} />;
}
