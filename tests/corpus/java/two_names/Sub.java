class Sub {
  static final String NAME = "sub";
}
