"""Built-in methods: learning from few labels, from consistency, by mixing, and from pseudo labels of many kinds."""
