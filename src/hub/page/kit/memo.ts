// A part that is drawn anew only when one of its properties is another one: for long lists.
import { Component, type ComponentChild } from 'preact';

export function memo<P extends object>(draw: (props: P) => ComponentChild): new (props: P) => Component<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const keys = new Set([...Object.keys(this.props), ...Object.keys(next)]) as Set<keyof P>;
      return [...keys].some((key) => this.props[key] !== next[key]);
    }

    override render(): ComponentChild {
      return draw(this.props);
    }
  };
}
