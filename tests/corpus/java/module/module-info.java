module whole {
  requires java.logging;
  exports inside;
}
