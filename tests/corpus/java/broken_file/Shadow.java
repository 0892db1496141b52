package elsewhere;

public class Shadow {}
